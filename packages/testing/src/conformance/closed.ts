import { ClosedError, type JobQueue } from '@jq/core'
import { expect } from 'vitest'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'

const id = '00000000-0000-7000-8000-000000000000'
const job = { type: 'work', payload: 1 }
const definition = { type: 'work', with: () => job } as never

/** One call of each method, so that a new one must be told here. */
const calls: Record<keyof JobQueue, (queue: JobQueue) => Promise<unknown>> = {
  add: (queue) => queue.add(definition, 1 as never),
  addMany: (queue) => queue.addMany([job]),
  addBundle: (queue) => queue.addBundle({ type: 'b', origin: 'o', jobs: [job] }),
  addToBundle: (queue) => queue.addToBundle(id, [job]),
  sealBundle: (queue) => queue.sealBundle(id),
  getJob: (queue) => queue.getJob(id),
  getJobs: (queue) => queue.getJobs(),
  getAttempts: (queue) => queue.getAttempts(id),
  getLog: (queue) => queue.getLog(id),
  getWorkers: (queue) => queue.getWorkers(),
  getTypes: (queue) => queue.getTypes(),
  getJobBundle: (queue) => queue.getJobBundle(id),
  getBundleState: (queue) => queue.getBundleState(id),
  getAllJobsToDo: (queue) => queue.getAllJobsToDo(),
  getAllJobsStartedBefore: (queue) => queue.getAllJobsStartedBefore(new Date(0)),
  getAllJobsWithErrors: (queue) => queue.getAllJobsWithErrors(),
  getStatus: (queue) => queue.getStatus(),
  getStats: (queue) => queue.getStats(),
  getRunState: (queue) => queue.getRunState(id),
  resetJob: (queue) => queue.resetJob(id),
  resetJobs: (queue) => queue.resetJobs([id]),
  cancelJob: (queue) => queue.cancelJob(id),
  cancelJobBundle: (queue) => queue.cancelJobBundle(id),
  setJobStart: (queue) => queue.setJobStart(id, new Date(0)),
  deleteJob: (queue) => queue.deleteJob(id),
  deleteJobBundle: (queue) => queue.deleteJobBundle(id),
  deleteFinishedJobs: (queue) => queue.deleteFinishedJobs(),
  deleteJobsFromOrigin: (queue) => queue.deleteJobsFromOrigin('o'),
  deleteJobsOfType: (queue) => queue.deleteJobsOfType('work'),
  deleteJobBundlesFromOrigin: (queue) => queue.deleteJobBundlesFromOrigin('o'),
  deleteJobBundlesOfType: (queue) => queue.deleteJobBundlesOfType('b'),
  deleteAllJobsAndBundles: (queue) => queue.deleteAllJobsAndBundles(),
  pause: (queue) => queue.pause('work'),
  resume: (queue) => queue.resume('work'),
  setLimit: (queue) => queue.setLimit('work', { concurrency: 1 }),
  schedule: (queue) => queue.schedule({ name: 'n', job, every: '1h' }),
  getSchedule: (queue) => queue.getSchedule('n'),
  getSchedules: (queue) => queue.getSchedules(),
  syncSchedules: (queue) => queue.syncSchedules('o', []),
  cancelSchedule: (queue) => queue.cancelSchedule('n'),
  pauseSchedule: (queue) => queue.pauseSchedule('n'),
  resumeSchedule: (queue) => queue.resumeSchedule('n'),
  unschedule: (queue) => queue.unschedule('n'),
  addListener: (queue) => queue.addListener({ onJobStopped: () => undefined }),
  removeAllListeners: (queue) => queue.removeAllListeners(),
  forgetListener: (queue) => queue.forgetListener('n'),
  health: (queue) => queue.health(),
  close: (queue) => queue.close(),
}

export function closedConforms(bigBang: BigBang): void {
  // S12
  inUniverse(bigBang, 'once it is closed, a queue refuses every call with ClosedError', async ({ queue }) => {
    await queue.getStats()
    await queue.close()
    const answers: Record<string, unknown> = {}
    for (const [name, call] of Object.entries(calls))
      answers[name] = await call(queue).catch((error: unknown) => error)
    const others = Object.entries(answers).filter(([, answer]) => !(answer instanceof ClosedError))
    expect(others).toEqual([])
  })
}
