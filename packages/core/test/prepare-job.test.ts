import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob, type JobDesc } from '../src/index.ts'
import { prepareJob } from '../src/internal.ts'
import { refusalOf } from './refusal-of.ts'

const remind = defineJob('remind', { payload: z.object({ who: z.string() }) })
const prepared = (desc: JobDesc) => prepareJob(desc, 'the service', 'jobs[17]')
const uuid = 'ec5c12dc-dbab-5900-b57f-91971a6c5b9b'

// S06
test('a job without options has priority 0, no start, and no limits of its own', () => {
  expect(prepared(remind.with({ who: 'Ada' }))).toEqual({
    id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-7/),
    idIsNew: true,
    type: 'remind',
    payload: '{"who":"Ada"}',
    payloadVersion: null,
    priority: 0,
    origin: 'the service',
    startAt: null,
    runAfterMs: null,
    maxRetryCount: null,
    maxTimeoutRetryCount: null,
    timeoutMs: null,
    uniqueKey: null,
    groupKey: null,
    trace: null,
  })
})

test('a job keeps the options it was given', () => {
  const startAt = new Date('2026-01-01T00:00:00Z')
  const options = {
    id: uuid.toUpperCase(),
    origin: 'upload',
    priority: -5,
    startAt,
    maxRetryCount: 3,
    maxTimeoutRetryCount: -1,
    timeout: '2m',
    uniqueKey: 'Ada',
    groupKey: 'family',
    trace: { traceparent: '00-1-2-01' },
  } as const
  expect(prepared(remind.with({ who: 'Ada' }, options))).toEqual({
    id: uuid,
    idIsNew: false,
    type: 'remind',
    payload: '{"who":"Ada"}',
    payloadVersion: null,
    priority: -5,
    origin: 'upload',
    startAt,
    runAfterMs: null,
    maxRetryCount: 3,
    maxTimeoutRetryCount: -1,
    timeoutMs: 120_000,
    uniqueKey: 'Ada',
    groupKey: 'family',
    trace: '{"traceparent":"00-1-2-01"}',
  })
})

test('durations become milliseconds, a time-out whole ones and never 0 by rounding', () => {
  expect(prepared(remind.with({ who: 'Ada' }, { runAfter: '1.5s', timeout: 0.2 }))).toMatchObject({
    runAfterMs: 1_500,
    timeoutMs: 1,
  })
  expect(prepared(remind.with({ who: 'Ada' }, { timeout: 0 }))).toMatchObject({ timeoutMs: 0 })
})

test('each job gets an id of its own, also when one description is added twice', () => {
  const desc = remind.with({ who: 'Ada' })
  expect(prepared(desc).id).not.toBe(prepared(desc).id)
})

test('a job may be written by hand', () => {
  expect(prepared({ type: 'of-another-program', payload: [1], priority: 5 })).toMatchObject({
    type: 'of-another-program',
    payload: '[1]',
    priority: 5,
  })
})

test.each<[desc: unknown, reason: string, path: string]>([
  [{ type: 'no type', payload: 1 }, 'invalid_job_type', 'jobs[17].type'],
  [{ payload: 1 }, 'invalid_job_type', 'jobs[17].type'],
  [{ type: 'a' }, 'undefined_value', 'jobs[17].payload'],
  [{ type: 'a', payload: { n: 1n } }, 'bigint', 'jobs[17].payload.n'],
  [{ type: 'a', payload: 1, id: 'x' }, 'invalid_id', 'jobs[17].id'],
  [{ type: 'a', payload: 1, retires: 3 }, 'unknown_option', 'jobs[17].retires'],
  [{ type: 'a', payload: 1, runAfter: '5 m' }, 'invalid_duration', 'jobs[17].runAfter'],
  [{ type: 'a', payload: 1, uniqueKey: '' }, 'invalid_text', 'jobs[17].uniqueKey'],
  [undefined, 'undefined_value', 'jobs[17]'],
  [null, 'undefined_value', 'jobs[17]'],
  ['remind', 'undefined_value', 'jobs[17]'],
])('%o written by hand is refused with its place in the list', (desc, reason, path) => {
  expect(refusalOf(() => prepared(desc as JobDesc))).toMatchObject({ reason, path })
})
