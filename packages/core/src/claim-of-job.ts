import type { Job } from './job.ts'
import type { ClaimedJob } from './work-service.ts'

/** What a claim says once, and its job says, too. */
type OfJob =
  | 'attempt'
  | 'job'
  | 'jobId'
  | 'type'
  | 'payload'
  | 'priority'
  | 'crashCount'
  | 'bundleId'
  | 'keyed'

/** A claim of a job that is there as a whole. */
export function claimOfJob(job: Job, rest: Omit<ClaimedJob, OfJob>): ClaimedJob {
  const { id: jobId, attempt, type, payload, priority, crashCount, bundleId } = job
  const keyed = job.uniqueKey !== null || job.scheduleName !== null
  return { ...rest, attempt, job, jobId, type, payload, priority, crashCount, bundleId, keyed }
}
