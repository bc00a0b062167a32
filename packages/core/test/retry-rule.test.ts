import fc from 'fast-check'
import { expect, test } from 'vitest'
import { exponentialBackoff, fixedDelay, SnoozeJob } from '../src/index.ts'
import { assertProperty } from './assert-property.ts'
import { jobOf } from './job-of.ts'
import { refusalOf } from './refusal-of.ts'

const error = new Error('no luck')
const afterRetries = (count: number) => jobOf({ currentRetryCount: count })

/** The waits that the rules here give are numbers of milliseconds. */
const waitMs = (rule: ReturnType<typeof exponentialBackoff>, retries: number) =>
  rule(afterRetries(retries), error) as number

test('the wait doubles from 2 s and is flat at 1 h', () => {
  const rule = exponentialBackoff({ jitter: false })
  expect([0, 1, 2, 10, 11, 50].map((retries) => waitMs(rule, retries))).toEqual([
    2_000, 4_000, 8_000, 2_048_000, 3_600_000, 3_600_000,
  ])
})

test('retries after errors and after time-outs lengthen the wait alike', () => {
  const rule = exponentialBackoff({ base: 1, jitter: false })
  expect(rule(jobOf({ currentRetryCount: 2, currentTimeoutRetryCount: 3 }), error)).toBe(32)
})

test('base, factor and max are as they were given', () => {
  const rule = exponentialBackoff({ base: '1s', factor: 10, max: '1m', jitter: false })
  expect([0, 1, 2, 3].map((retries) => waitMs(rule, retries))).toEqual([1_000, 10_000, 60_000, 60_000])
})

test('however many retries there were, the wait is a number', () => {
  expect(waitMs(exponentialBackoff({ base: 0 }), 1_000_000)).toBe(0)
  expect(waitMs(exponentialBackoff({ jitter: false }), 1_000_000)).toBe(3_600_000)
})

const durations = fc.integer({ min: 0, max: 10 ** 9 })
const factors = fc.double({ min: 1, max: 100, noNaN: true })
const retryCounts = fc.nat({ max: 2_000 })

test('with jitter the wait lies between half of what it would be and the whole', () => {
  assertProperty(
    fc.property(durations, factors, durations, retryCounts, (base, factor, max, retries) => {
      const whole = waitMs(exponentialBackoff({ base, factor, max, jitter: false }), retries)
      const drawn = waitMs(exponentialBackoff({ base, factor, max }), retries)
      expect(drawn).toBeGreaterThanOrEqual(Math.floor(whole / 2))
      expect(drawn).toBeLessThanOrEqual(whole)
    }),
  )
})

test('without jitter the wait never shrinks and never passes max', () => {
  assertProperty(
    fc.property(durations, factors, durations, retryCounts, (base, factor, max, retries) => {
      const rule = exponentialBackoff({ base, factor, max, jitter: false })
      expect(waitMs(rule, retries + 1)).toBeGreaterThanOrEqual(waitMs(rule, retries))
      expect(waitMs(rule, retries + 1)).toBeLessThanOrEqual(max)
    }),
  )
})

test('with jitter jobs that failed together do not return together', () => {
  const rule = exponentialBackoff({ base: '1h' })
  expect(new Set(Array.from({ length: 100 }, () => waitMs(rule, 0))).size).toBeGreaterThan(90)
})

test('a fixed delay is the same each time', () => {
  const rule = fixedDelay('5s')
  expect([0, 1, 1_000].map((retries) => waitMs(rule, retries))).toEqual([5_000, 5_000, 5_000])
})

test.each<[options: object, reason: string, path: string]>([
  [{ base: -1 }, 'invalid_duration', 'options.base'],
  [{ max: '1 hour' }, 'invalid_duration', 'options.max'],
  [{ factor: 0.5 }, 'invalid_factor', 'options.factor'],
  [{ factor: Number.NaN }, 'invalid_factor', 'options.factor'],
  [{ jiter: false }, 'unknown_option', 'options.jiter'],
])('exponentialBackoff(%o) is refused', (options, reason, path) => {
  expect(refusalOf(() => exponentialBackoff(options))).toMatchObject({ reason, path })
})

test('a fixed delay and a snooze take durations only', () => {
  expect(refusalOf(() => fixedDelay('soon' as '1s'))).toMatchObject({
    reason: 'invalid_duration',
    path: 'delay',
  })
  expect(refusalOf(() => new SnoozeJob('soon' as '1s'))).toMatchObject({
    reason: 'invalid_duration',
    path: 'delay',
  })
})

test('a snooze says when the job comes back', () => {
  expect(new SnoozeJob('5m')).toMatchObject({
    name: 'SnoozeJob',
    delayMs: 300_000,
    message: 'Come back in 5m',
  })
  expect(new SnoozeJob(250).message).toBe('Come back in 250 ms')
})
