import type { JobQueue } from './job-queue.ts'

/**
 * What can be called on the service. Written out, so that a misspelt method is no function on `jobqueue` either, and the
 * compiler finds the one that is missing here.
 */
export const jobQueueMethods = Object.keys({
  add: 0,
  addMany: 0,
  addBundle: 0,
  addToBundle: 0,
  sealBundle: 0,
  getJob: 0,
  getJobs: 0,
  getAttempts: 0,
  getWorkers: 0,
  getJobBundle: 0,
  getBundleState: 0,
  getAllJobsToDo: 0,
  getAllJobsStartedBefore: 0,
  getAllJobsWithErrors: 0,
  getStatus: 0,
  getStats: 0,
  getRunState: 0,
  resetJob: 0,
  resetJobs: 0,
  cancelJob: 0,
  cancelJobBundle: 0,
  setJobStart: 0,
  deleteJob: 0,
  deleteJobBundle: 0,
  deleteFinishedJobs: 0,
  deleteJobsFromOrigin: 0,
  deleteJobsOfType: 0,
  deleteJobBundlesFromOrigin: 0,
  deleteJobBundlesOfType: 0,
  deleteAllJobsAndBundles: 0,
  addListener: 0,
  removeAllListeners: 0,
  forgetListener: 0,
  health: 0,
  close: 0,
} satisfies Record<keyof JobQueue, 0>) as (keyof JobQueue)[]
