import type { Job } from './job.ts'
import type { PreparedJob } from './prepare-job.ts'

/** A job as its handler sees it that runs at once. */
export function inlineJob(
  prepared: PreparedJob,
  place: Pick<Job, 'bundleId' | 'afterBundleId'>,
  now: Date,
): Job {
  const { runAfterMs: _, payloadVersion: __, trace: ___, payload, ...asked } = prepared
  return {
    ...asked,
    ...place,
    payload: JSON.parse(payload),
    state: 'running',
    attempt: 1,
    currentRetryCount: 0,
    currentTimeoutRetryCount: 0,
    crashCount: 0,
    startedAt: now,
    workerAliveAt: now,
    stoppedAt: null,
    cancelRequestedAt: null,
    workerId: null,
    scheduleName: null,
    scheduleKey: null,
    progress: null,
    errorMsg: null,
    errorData: null,
    result: null,
    createdAt: now,
    updatedAt: now,
  }
}

export function inlineSuccess(job: Job, result: string | null, now: Date): Job {
  return {
    ...job,
    state: 'succeeded',
    result: result === null ? null : JSON.parse(result),
    workerAliveAt: null,
    stoppedAt: now,
    updatedAt: now,
  }
}

export function inlineFailure(job: Job, thrown: unknown, now: Date): Job {
  const errorMsg = (thrown instanceof Error && thrown.message) || 'Failed without a message'
  return { ...job, state: 'failed', errorMsg, workerAliveAt: null, stoppedAt: now, updatedAt: now }
}
