import { beforeEach, expect, test, vi } from 'vitest'
import type { JobDefinition, JobQueue, Stats } from '../src/index.ts'

let core: typeof import('../src/index.ts')

// The default service is a state of the module, so each test loads the module anew.
beforeEach(async () => {
  vi.resetModules()
  core = await import('../src/index.ts')
})

/** A service that counts `many` jobs in each state and can do nothing else. */
function serviceWith(many: number): JobQueue {
  const getStats = async function (this: unknown) {
    expect(this).toBe(service)
    return { available: many } as Stats
  }
  const service = { getStats } as unknown as JobQueue
  return service
}

const counted = async () => (await core.jobqueue.getStats()).available

const calls: readonly [keyof JobQueue, (queue: JobQueue) => Promise<unknown>][] = [
  ['add', (queue) => queue.add({ type: 'a' } as JobDefinition, {})],
  ['addMany', (queue) => queue.addMany([])],
  ['addBundle', (queue) => queue.addBundle({ type: 'a', origin: 'a', jobs: [] })],
  ['addToBundle', (queue) => queue.addToBundle('id', [])],
  ['sealBundle', (queue) => queue.sealBundle('id')],
  ['getJob', (queue) => queue.getJob('id')],
  ['getJobs', (queue) => queue.getJobs()],
  ['getAttempts', (queue) => queue.getAttempts('id')],
  ['getWorkers', (queue) => queue.getWorkers()],
  ['getJobBundle', (queue) => queue.getJobBundle('id')],
  ['getBundleState', (queue) => queue.getBundleState('id')],
  ['getAllJobsToDo', (queue) => queue.getAllJobsToDo()],
  ['getAllJobsStartedBefore', (queue) => queue.getAllJobsStartedBefore(new Date(0))],
  ['getAllJobsWithErrors', (queue) => queue.getAllJobsWithErrors()],
  ['getStatus', (queue) => queue.getStatus()],
  ['getStats', (queue) => queue.getStats()],
  ['getRunState', (queue) => queue.getRunState('id')],
  ['resetJob', (queue) => queue.resetJob('id')],
  ['resetJobs', (queue) => queue.resetJobs(['id'])],
  ['cancelJob', (queue) => queue.cancelJob('id')],
  ['cancelJobBundle', (queue) => queue.cancelJobBundle('id')],
  ['setJobStart', (queue) => queue.setJobStart('id', new Date(0))],
  ['deleteJob', (queue) => queue.deleteJob('id')],
  ['deleteJobBundle', (queue) => queue.deleteJobBundle('id')],
  ['deleteFinishedJobs', (queue) => queue.deleteFinishedJobs()],
  ['deleteJobsFromOrigin', (queue) => queue.deleteJobsFromOrigin('a')],
  ['deleteJobsOfType', (queue) => queue.deleteJobsOfType('a')],
  ['deleteJobBundlesFromOrigin', (queue) => queue.deleteJobBundlesFromOrigin('a')],
  ['deleteJobBundlesOfType', (queue) => queue.deleteJobBundlesOfType('a')],
  ['deleteAllJobsAndBundles', (queue) => queue.deleteAllJobsAndBundles()],
  ['addListener', (queue) => queue.addListener({})],
  ['removeAllListeners', (queue) => queue.removeAllListeners()],
  ['health', (queue) => queue.health()],
  ['close', (queue) => queue.close()],
]

test('every method of the service is called here', () => {
  expect(calls.map(([name]) => name)).toEqual(Object.keys(core.jobqueue))
})

// S11
test.each(calls)('without a service, jobqueue.%s says how to get one', async (_, call) => {
  await expect(call(core.jobqueue)).rejects.toThrow(core.NotInitializedError)
})

// S11
test.each(calls)('serviceWithError fails %s with its error', async (_, call) => {
  const error = new Error('no database today')
  await expect(call(core.serviceWithError(error))).rejects.toBe(error)
  core.setDefaultService(core.serviceWithError(error))
  await expect(call(core.jobqueue)).rejects.toBe(error)
})

// S11
test('jobqueue is the default service, and the latest one', async () => {
  core.setDefaultService(serviceWith(1))
  expect(await counted()).toBe(1)
  core.setDefaultService(serviceWith(2))
  expect(await counted()).toBe(2)
})

// S11
test('inside of runWithService jobqueue is that service, innermost first, and outside the default one', async () => {
  core.setDefaultService(serviceWith(1))
  const inside = core.runWithService(serviceWith(2), async () => {
    const inner = core.runWithService(serviceWith(3), counted)
    return [await counted(), await inner, await counted()]
  })
  expect(await counted()).toBe(1)
  expect(await inside).toEqual([2, 3, 2])
})

test('runWithService needs no default service, and answers what the function answers', async () => {
  expect(core.runWithService(serviceWith(1), () => 'at once')).toBe('at once')
  expect(await core.runWithService(serviceWith(1), counted)).toBe(1)
  await expect(counted()).rejects.toThrow(core.NotInitializedError)
})

// S11
test('contexts that run side by side do not mix', async () => {
  core.setDefaultService(serviceWith(-1))
  const count = async (steps: number) => {
    const seen: number[] = []
    for (let step = 0; step < steps; step++) {
      seen.push(await counted())
      if (step % 2 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    return seen
  }
  const contexts = Array.from({ length: 20 }, (_, many) =>
    core.runWithService(serviceWith(many), () => count(5 + (many % 7))),
  )
  const outside = await count(12)
  expect(new Set(outside)).toEqual(new Set([-1]))
  for (const [many, seen] of (await Promise.all(contexts)).entries())
    expect(new Set(seen)).toEqual(new Set([many]))
})

test('jobqueue can be awaited, logged and written as JSON without a call', async () => {
  expect(await core.jobqueue).toBe(core.jobqueue)
  expect(JSON.stringify({ queue: core.jobqueue })).toBe('{"queue":{}}')
})

test('a misspelt method is no function', () => {
  expect(() => (core.jobqueue as unknown as { ad(): void }).ad()).toThrow(TypeError)
})
