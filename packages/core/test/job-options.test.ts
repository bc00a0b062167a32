import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob, type JobOptions } from '../src/index.ts'
import { refusalOf } from './refusal-of.ts'

const job = defineJob('resize-image', { payload: z.null() })
const refusalOfOptions = (options: object) => refusalOf(() => job.with(null, options as JobOptions))

const date = new Date('2026-01-01T00:00:00Z')
const uuid = 'ec5c12dc-dbab-5900-b57f-91971a6c5b9b'

test.each<[JobOptions]>([
  [{ id: uuid }],
  [{ origin: 'x' }],
  [{ origin: '😀'.repeat(100) }],
  [{ priority: -(2 ** 31) }],
  [{ priority: 2 ** 31 - 1 }],
  [{ startAt: date }],
  [{ startAt: new Date(0) }],
  [{ runAfter: 0 }],
  [{ runAfter: '1.5s' }],
  [{ maxRetryCount: 0 }],
  [{ maxRetryCount: -1 }],
  [{ maxTimeoutRetryCount: 1_000_000 }],
  [{ timeout: 0 }],
  [{ uniqueKey: 'ä'.repeat(256) }],
])('%j passes', (options) => {
  expect(job.with(null, options)).toMatchObject(options)
})

test.each<[option: keyof JobOptions, value: unknown, reason: string]>([
  ['id', '17', 'invalid_id'],
  ['id', 17, 'invalid_id'],
  // S05
  ['origin', '', 'invalid_text'],
  ['origin', 'x'.repeat(101), 'too_long'],
  ['origin', 5, 'invalid_text'],
  ['origin', 'a\0', 'invalid_text'],
  ['origin', 'a\ud800', 'invalid_text'],
  ['priority', 1.5, 'invalid_priority'],
  ['priority', Number.NaN, 'invalid_priority'],
  ['priority', '5', 'invalid_priority'],
  ['priority', 2 ** 31, 'invalid_priority'],
  ['priority', -(2 ** 31) - 1, 'invalid_priority'],
  ['priority', 5n, 'invalid_priority'],
  ['priority', Object.create(null), 'invalid_priority'],
  ['priority', Symbol('high'), 'invalid_priority'],
  ['priority', null, 'invalid_priority'],
  ['startAt', new Date('no'), 'invalid_date'],
  ['startAt', new Date(8.64e15), 'invalid_date'],
  ['startAt', new Date(-8.64e15), 'invalid_date'],
  ['startAt', Number.POSITIVE_INFINITY, 'invalid_date'],
  ['startAt', '2026-01-01', 'invalid_date'],
  ['runAfter', -1, 'invalid_duration'],
  ['runAfter', Number.NaN, 'invalid_duration'],
  ['runAfter', 1e18, 'invalid_duration'],
  ['runAfter', '5 minutes', 'invalid_duration'],
  ['timeout', -1, 'invalid_duration'],
  ['timeout', '-5s', 'invalid_duration'],
  ['timeout', 5n, 'invalid_duration'],
  ['maxRetryCount', -2, 'invalid_retry_count'],
  ['maxRetryCount', 1.5, 'invalid_retry_count'],
  ['maxRetryCount', 1e9, 'invalid_retry_count'],
  ['maxTimeoutRetryCount', '3', 'invalid_retry_count'],
  ['uniqueKey', '', 'invalid_text'],
  ['uniqueKey', 'a\0b', 'invalid_text'],
  ['uniqueKey', 'a\udc00', 'invalid_text'],
  ['uniqueKey', 17, 'invalid_text'],
  ['uniqueKey', 'x'.repeat(513), 'too_long'],
  ['uniqueKey', 'ä'.repeat(257), 'too_long'],
])('%s %o is refused: %s', (option, value, reason) => {
  expect(refusalOfOptions({ [option]: value })).toMatchObject({ reason, path: `options.${option}` })
})

test('startAt and runAfter exclude each other', () => {
  expect(refusalOfOptions({ startAt: date, runAfter: '5m' })).toMatchObject({
    reason: 'conflicting_options',
    path: 'options.runAfter',
  })
})

test('an option that is undefined counts as left out', () => {
  expect(job.with(null, { startAt: date, runAfter: undefined, priority: undefined })).toEqual({
    type: 'resize-image',
    payload: null,
    startAt: date,
  })
})
