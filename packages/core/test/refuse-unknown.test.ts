import { runInNewContext } from 'node:vm'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { defineJob, type JobOptions } from '../src/index.ts'
import { refuseUnknown } from '../src/internal.ts'
import { refusalOf } from './refusal-of.ts'

const job = defineJob('resize-image', { payload: z.object({}) })

test('options that are known pass, undefined ones too', () => {
  expect(refuseUnknown({ base: 1, max: undefined }, ['base', 'max'], 'options')).toBeUndefined()
})

test.each([
  ['retires', 'maxRetryCount'],
  ['retries', 'maxRetryCount'],
  ['maxRetries', 'maxRetryCount'],
  ['maxretrycount', 'maxRetryCount'],
  ['maxTimeoutRetries', 'maxTimeoutRetryCount'],
  ['prioritty', 'priority'],
  ['tiemout', 'timeout'],
  ['timeoutMs', 'timeout'],
  ['orgin', 'origin'],
  ['startsAt', 'startAt'],
  ['unique', 'uniqueKey'],
  ['after', 'runAfter'],
  ['ID', 'id'],
])('the option %s is refused, and %s is suggested', (wrong, right) => {
  const refusal = refusalOf(() => job.with({}, { [wrong]: 1 }))
  expect(refusal).toMatchObject({ reason: 'unknown_option', path: `options.${wrong}` })
  expect(refusal.message).toContain(`Did you mean ${right}?`)
})

test('an option that resembles none is refused with the list of those that exist', () => {
  expect(refusalOf(() => job.with({}, { colour: 'red' } as object)).message).toContain(
    'There are: id, origin, priority, startAt, runAfter, maxRetryCount, maxTimeoutRetryCount, timeout, uniqueKey, groupKey, trace.',
  )
})

test.each([[null], ['upload'], [5], [[]], [new Map()], [new Date(0)], [() => 1]])(
  '%j is no object of options',
  (options) => {
    expect(refusalOf(() => job.with({}, options as unknown as JobOptions))).toMatchObject({
      reason: 'invalid_option',
      path: 'options',
    })
  },
)

test('options of another realm, or without a prototype, are options', () => {
  for (const options of [runInNewContext('({ base: 1 })'), Object.assign(Object.create(null), { base: 1 })])
    expect(refuseUnknown(options, ['base'], 'options')).toBeUndefined()
})

test('no word of every object passes for an option', () => {
  for (const key of ['constructor', 'toString', '__proto__']) {
    const options = JSON.parse(`{"${key}": 1}`)
    expect(refusalOf(() => job.with({}, options)).path).toBe(`options.${key}`)
  }
})
