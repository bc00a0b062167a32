import { expect, test } from 'vitest'
import { hasError, isFinished, type JobBundle, type JobState, succeeded, workerAlive } from '../src/index.ts'
import { jobOf } from './job-of.ts'
import { refusalOf } from './refusal-of.ts'

const at = (ms: number) => new Date(Date.UTC(2026, 0, 1) + ms)

test.each<[state: JobState, itSucceeded: boolean, itHasError: boolean]>([
  ['scheduled', false, false],
  ['available', false, false],
  ['running', false, false],
  ['retrying', false, false],
  ['succeeded', true, false],
  ['failed', false, true],
  ['cancelled', false, false],
  ['dead', false, true],
])('a job that is %s: succeeded %s, has an error %s', (state, itSucceeded, itHasError) => {
  const job = jobOf({ state })
  expect([succeeded(job), hasError(job)]).toEqual([itSucceeded, itHasError])
})

test('a job is finished once it has stopped', () => {
  expect(isFinished(jobOf())).toBe(false)
  expect(isFinished(jobOf({ state: 'cancelled', stoppedAt: at(0) }))).toBe(true)
})

test('a bundle has an error with its first member that failed', () => {
  const bundle = { numJobs: 3, numJobsStopped: 3, numJobsFailed: 0 } as JobBundle
  expect(hasError(bundle)).toBe(false)
  expect(hasError({ ...bundle, numJobsFailed: 1 })).toBe(true)
})

test('nothing has no error', () => {
  expect(hasError(null)).toBe(false)
  expect(hasError(undefined)).toBe(false)
})

test('a worker is alive until its last heartbeat is as old as deadFor', () => {
  const job = jobOf({ state: 'running', workerAliveAt: at(0) })
  expect(workerAlive(job, '1m', at(59_999))).toBe(true)
  expect(workerAlive(job, '1m', at(60_000))).toBe(false)
})

test('nobody is alive for a job that does not run', () => {
  expect(workerAlive(jobOf({ state: 'available', workerAliveAt: at(0) }), '1m', at(0))).toBe(false)
  expect(workerAlive(jobOf({ state: 'running', workerAliveAt: null }), '1m', at(0))).toBe(false)
})

test('the clock of the process is the one to compare with', () => {
  expect(workerAlive(jobOf({ state: 'running', workerAliveAt: new Date() }), '1h')).toBe(true)
})

test('deadFor is a duration', () => {
  const job = jobOf({ state: 'running', workerAliveAt: at(0) })
  expect(refusalOf(() => workerAlive(job, 'long' as '1m', at(0)))).toMatchObject({
    reason: 'invalid_duration',
    path: 'deadFor',
  })
})
