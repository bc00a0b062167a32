import type { Job } from '../src/index.ts'

const createdAt = new Date('2026-01-01T00:00:00Z')

/** A job that waits for its first attempt, apart from what is given. */
export function jobOf(given: Partial<Job> = {}): Job {
  return {
    id: '019b76da-a800-7000-8000-000000000001',
    bundleId: null,
    afterBundleId: null,
    type: 'resize-image',
    state: 'available',
    payload: {},
    priority: 0,
    origin: 'test',
    uniqueKey: null,
    groupKey: null,
    attempt: 0,
    maxRetryCount: null,
    currentRetryCount: 0,
    maxTimeoutRetryCount: null,
    timeoutMs: null,
    currentTimeoutRetryCount: 0,
    crashCount: 0,
    startAt: null,
    startedAt: null,
    workerAliveAt: null,
    stoppedAt: null,
    cancelRequestedAt: null,
    workerId: null,
    scheduleName: null,
    scheduleKey: null,
    progress: null,
    errorMsg: null,
    errorData: null,
    result: null,
    createdAt,
    updatedAt: createdAt,
    ...given,
  }
}
