import { type Duration, durationMs } from './duration.ts'
import type { JobBundle } from './job-bundle.ts'
import type { BundleId, JobId } from './job-id.ts'
import type { Json } from './json.ts'

/** waiting for its time | waiting for a thread | being worked on | waiting for its next attempt | ended, four ways */
export type JobState =
  | 'scheduled'
  | 'available'
  | 'running'
  | 'retrying'
  | 'succeeded'
  | 'failed'
  | 'cancelled'
  | 'dead'

/** A snapshot of one job as the database held it when it was read. */
export interface Job<Payload = unknown, Result = unknown> {
  readonly id: JobId
  readonly bundleId: BundleId | null
  /** The bundle whose stop added this job by `whenStopped`; its members and their results are there to read. */
  readonly afterBundleId: BundleId | null
  /** 1 to 100 of `A-Z a-z 0-9 _ . : / -` */
  readonly type: string
  readonly state: JobState
  readonly payload: Payload
  /** An integer of 32 bits. Higher first; then first in, first out. */
  readonly priority: number
  /** Who asked, in the caller's words; 1 to 100 characters; for finding and deleting. */
  readonly origin: string
  /** Key under which at most one unfinished job exists. */
  readonly uniqueKey: string | null
  /** Jobs of one type take turns by their groups, and may have a limit for each (`setLimit`); null: of none. */
  readonly groupKey: string | null
  /** Counts claims, from 1; only ever rises, also over retries, releases and resets: the fencing token. 0 = never claimed. */
  readonly attempt: number
  /** Retries after the first run: 3 means up to 4 runs; -1 is unlimited; null: the handler's setting, else the worker's, else 0. */
  readonly maxRetryCount: number | null
  readonly currentRetryCount: number
  /** Retries spent on time-outs, apart from errors; -1 is unlimited; null as above. */
  readonly maxTimeoutRetryCount: number | null
  readonly timeoutMs: number | null
  readonly currentTimeoutRetryCount: number
  /** Attempts that ended because their process died. */
  readonly crashCount: number
  /** The time it was planned for; null: at once. Of a schedule's job: its tick. */
  readonly startAt: Date | null
  readonly startedAt: Date | null
  /** Heartbeat of the process that works on it; null when nobody does. */
  readonly workerAliveAt: Date | null
  readonly stoppedAt: Date | null
  readonly cancelRequestedAt: Date | null
  readonly workerId: string | null
  /** The schedule that added it; null: none did. */
  readonly scheduleName: string | null
  readonly scheduleKey: string | null
  readonly progress: Json | null
  /** Never empty when the last attempt failed; null while a retry waits and after success. */
  readonly errorMsg: string | null
  /** JobError's data; of any other error `{ name, code, stack, cause }`, cut to 16 KiB. */
  readonly errorData: Json | null
  readonly result: Result | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** One ended attempt that did not succeed; the last one of a job that did is in the job itself. */
export interface JobAttempt {
  readonly attempt: number
  readonly workerId: string
  readonly startedAt: Date
  readonly endedAt: Date
  readonly outcome: 'failed' | 'timedOut' | 'crashed' | 'cancelled' | 'released' | 'snoozed'
  readonly errorMsg: string | null
  readonly errorData: Json | null
}

/** True once the last attempt has ended and no other follows. */
export function isFinished(job: Job): boolean {
  return job.stoppedAt !== null
}

export function succeeded(job: Job): boolean {
  return job.state === 'succeeded'
}

/** True for a job that failed for good or died, and for a bundle with a member that stopped without success. */
export function hasError(x: Job | JobBundle | null | undefined): boolean {
  if (x == null) return false
  return 'numJobsFailed' in x ? x.numJobsFailed > 0 : x.state === 'failed' || x.state === 'dead'
}

/**
 * True while a process works on the job and its last heartbeat is younger than `deadFor`.
 *
 * @param now - to compare with; the process's clock by default, so this is for people to look at, never for decisions
 */
export function workerAlive(job: Job, deadFor: Duration, now: Date = new Date()): boolean {
  if (job.state !== 'running' || job.workerAliveAt === null) return false
  return now.getTime() - job.workerAliveAt.getTime() < durationMs(deadFor, 'deadFor')
}
