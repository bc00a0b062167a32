import { beforeEach, expect, test, vi } from 'vitest'
import { z } from 'zod'
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

const ID = '0192d5a0-0000-7000-8000-000000000000'

const calls: readonly [keyof JobQueue, (queue: JobQueue) => Promise<unknown>][] = [
  ['add', (queue) => queue.add({ type: 'a' } as JobDefinition, {})],
  ['addMany', (queue) => queue.addMany([])],
  ['addBundle', (queue) => queue.addBundle({ type: 'a', origin: 'a', jobs: [] })],
  ['addToBundle', (queue) => queue.addToBundle(ID, [])],
  ['sealBundle', (queue) => queue.sealBundle(ID)],
  ['getJob', (queue) => queue.getJob(ID)],
  ['getJobs', (queue) => queue.getJobs()],
  ['getAttempts', (queue) => queue.getAttempts(ID)],
  ['getLog', (queue) => queue.getLog(ID)],
  ['getWorkers', (queue) => queue.getWorkers()],
  ['getTypes', (queue) => queue.getTypes()],
  ['getJobBundle', (queue) => queue.getJobBundle(ID)],
  ['getBundleState', (queue) => queue.getBundleState(ID)],
  ['getAllJobsToDo', (queue) => queue.getAllJobsToDo()],
  ['getAllJobsStartedBefore', (queue) => queue.getAllJobsStartedBefore(new Date(0))],
  ['getAllJobsWithErrors', (queue) => queue.getAllJobsWithErrors()],
  ['getStatus', (queue) => queue.getStatus()],
  ['getStats', (queue) => queue.getStats()],
  ['getRunState', (queue) => queue.getRunState(ID)],
  ['resetJob', (queue) => queue.resetJob(ID)],
  ['resetJobs', (queue) => queue.resetJobs([ID])],
  ['cancelJob', (queue) => queue.cancelJob(ID)],
  ['cancelJobBundle', (queue) => queue.cancelJobBundle(ID)],
  ['setJobStart', (queue) => queue.setJobStart(ID, new Date(0))],
  ['deleteJob', (queue) => queue.deleteJob(ID)],
  ['deleteJobBundle', (queue) => queue.deleteJobBundle(ID)],
  ['deleteFinishedJobs', (queue) => queue.deleteFinishedJobs()],
  ['deleteJobsFromOrigin', (queue) => queue.deleteJobsFromOrigin('a')],
  ['deleteJobsOfType', (queue) => queue.deleteJobsOfType('a')],
  ['deleteJobBundlesFromOrigin', (queue) => queue.deleteJobBundlesFromOrigin('a')],
  ['deleteJobBundlesOfType', (queue) => queue.deleteJobBundlesOfType('a')],
  ['deleteAllJobsAndBundles', (queue) => queue.deleteAllJobsAndBundles()],
  ['pause', (queue) => queue.pause('a')],
  ['resume', (queue) => queue.resume('a')],
  ['setLimit', (queue) => queue.setLimit('a', null)],
  ['schedule', (queue) => queue.schedule({ name: 'a', job: { type: 'a', payload: 1 }, every: '1h' })],
  ['getSchedule', (queue) => queue.getSchedule('a')],
  ['getSchedules', (queue) => queue.getSchedules()],
  [
    'syncSchedules',
    (queue) => queue.syncSchedules('a', [{ name: 'a', job: { type: 'a', payload: 1 }, every: '1h' }]),
  ],
  ['cancelSchedule', (queue) => queue.cancelSchedule('a')],
  ['pauseSchedule', (queue) => queue.pauseSchedule('a')],
  ['resumeSchedule', (queue) => queue.resumeSchedule('a')],
  ['unschedule', (queue) => queue.unschedule('a')],
  ['addListener', (queue) => queue.addListener({ onResync: () => undefined })],
  ['removeAllListeners', (queue) => queue.removeAllListeners()],
  ['forgetListener', (queue) => queue.forgetListener('a')],
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

/** What each method answers that is not asked for anything wrong; the rest refuses, in the words of the others. */
const nothing: Partial<Record<keyof JobQueue, unknown>> = {
  addMany: [],
  addToBundle: [],
  sealBundle: undefined,
  getJob: null,
  getJobs: { jobs: [], next: null },
  getAttempts: [],
  getLog: { lines: [], next: null },
  getWorkers: [],
  getTypes: [],
  getJobBundle: null,
  getAllJobsToDo: { jobs: [], next: null },
  getAllJobsStartedBefore: { jobs: [], next: null },
  getAllJobsWithErrors: { jobs: [], next: null },
  getStatus: { numJobs: 0, numJobBundles: 0 },
  getStats: {
    scheduled: 0,
    available: 0,
    running: 0,
    retrying: 0,
    succeeded: 0,
    failed: 0,
    cancelled: 0,
    dead: 0,
  },
  resetJob: false,
  resetJobs: 0,
  cancelJob: 'notFound',
  cancelJobBundle: null,
  setJobStart: false,
  deleteJob: false,
  deleteJobBundle: false,
  deleteFinishedJobs: 0,
  deleteJobsFromOrigin: 0,
  deleteJobsOfType: 0,
  deleteJobBundlesFromOrigin: 0,
  deleteJobBundlesOfType: 0,
  deleteAllJobsAndBundles: undefined,
  pause: undefined,
  resume: undefined,
  setLimit: undefined,
  schedule: expect.objectContaining({ name: 'a', key: '', nextRunAt: null, successCount: 0 }),
  getSchedule: null,
  getSchedules: { schedules: [], next: null },
  syncSchedules: { added: 0, changed: 0, removed: 0 },
  cancelSchedule: 'notFound',
  pauseSchedule: false,
  resumeSchedule: false,
  unschedule: false,
  addListener: expect.any(Function),
  removeAllListeners: undefined,
  forgetListener: false,
  health: { status: 'ok', database: 'ok', listen: 'off', oldestWaitingAge: 0, reasons: [] },
  close: undefined,
}

const answers = calls.filter(([name]) => name in nothing)

// S11
test.each(answers)('doNothingService does nothing and finds nothing in %s', async (name, call) => {
  expect(await call(core.doNothingService())).toEqual(nothing[name])
})

// S11
test('what is added to doNothingService is checked and ignored', async () => {
  const queue = core.doNothingService()
  const mail = core.defineJob('mail', { payload: z.object({ to: z.email() }) })
  const ada = { to: 'ada@example.com' }
  const ignored = { id: expect.any(String), status: 'ignored' }
  expect(await queue.add(mail, ada)).toEqual(ignored)
  expect(await queue.add(mail, ada, { id: ID })).toEqual({ id: ID, status: 'ignored' })
  expect(await queue.addMany([mail.with(ada), mail.with(ada, { id: ID })])).toEqual([
    ignored,
    { id: ID, status: 'ignored' },
  ])
  const bundle = { id: ID, type: 'letters', origin: 'test', jobs: [mail.with(ada)] }
  expect(await queue.addBundle(bundle)).toEqual({ id: ID, jobs: [ignored] })
  expect(await queue.addBundle({ ...bundle, jobs: [], open: true })).toEqual({ id: ID, jobs: [] })

  const refused = async (call: Promise<unknown>, reason: string, path: string) =>
    expect(await call.catch((error) => error)).toMatchObject({ code: 'invalid_input', reason, path })
  await refused(queue.add(mail, { to: 'nobody' }), 'schema_mismatch', 'payload.to')
  await refused(queue.add(mail, ada, { priority: 0.5 }), 'invalid_priority', 'options.priority')
  await refused(
    queue.addMany([mail.with(ada), { type: 'a b', payload: 1 }]),
    'invalid_job_type',
    'jobs[1].type',
  )
  await refused(queue.addBundle({ ...bundle, jobs: [] }), 'empty_bundle', 'bundle.jobs')
  await refused(queue.getJob('1'), 'invalid_id', 'jobId')
  await refused(queue.getJobs({ limit: 0 }), 'invalid_page', 'filter.limit')
})

// S11
test('what doNothingService is asked to follow is not there', async () => {
  const queue = core.doNothingService()
  await expect(queue.getRunState(ID)).rejects.toThrow(core.NotFoundError)
  await expect(queue.getBundleState(ID)).rejects.toThrow(core.NotFoundError)
})

// S12
test.each(calls)('a doNothingService that was closed refuses %s', async (_, call) => {
  const queue = core.doNothingService()
  await queue.close()
  await expect(call(queue)).rejects.toThrow(core.ClosedError)
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
