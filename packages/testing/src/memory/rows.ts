import type { AttemptCounts, JobAttempt, LogLine } from '@jq/core'
import type { PreparedJob, PreparedSchedule, WorkerEntry } from '@jq/core/internal'

// One interface a table of the schema; what each column means is said there. Moments are milliseconds of the queue's clock,
// JSON stands as text. No row is ever changed: another one takes its place.

/** What was asked. */
export interface JobRow {
  readonly seq: number
  readonly id: string
  readonly type: string
  readonly payload: string
  readonly payloadVersion: number | null
  readonly priority: number
  readonly origin: string
  readonly bundleId: string | null
  readonly afterBundleId: string | null
  readonly maxRetryCount: number | null
  readonly maxTimeoutRetryCount: number | null
  readonly timeoutMs: number | null
  readonly uniqueKey: string | null
  readonly groupKey: string | null
  readonly trace: string | null
  readonly scheduleName: string | null
  readonly scheduleKey: string | null
  readonly startAt: number | null
  readonly createdAt: number
}

/** How a job fared: what it carries from place to place. */
export interface Counts {
  readonly seq: number
  readonly attempt: number
  readonly retries: number
  readonly timeoutRetries: number
  readonly crashes: number
}

export interface AvailableRow extends Counts {
  readonly type: string
  readonly priority: number
  /** Its process died once: it is claimed only by a process that runs nothing else. */
  readonly solo: boolean
}

export interface ScheduledRow extends Counts {
  readonly startAt: number
  readonly retrying: boolean
}

export interface RunningRow extends Counts {
  readonly workerId: string
  readonly startedAt: number
  /** 0: none. */
  readonly timeoutMs: number
  readonly deadline: number | null
  readonly maxRetries: number
  readonly maxTimeoutRetries: number
  readonly maxCrashes: number
  readonly cancelRequestedAt: number | null
  readonly resetRequested: boolean
  /** Claimed ahead of a free thread: it has surely not begun. */
  /** Its place among what was claimed ahead; null: it has begun. */
  readonly ahead: number | null
  readonly progress: string | null
}

export type StoppedState = 'succeeded' | 'failed' | 'cancelled' | 'dead'

export interface StoppedRow extends Counts {
  readonly outcome: StoppedState
  readonly workerId: string | null
  readonly startedAt: number | null
  readonly stoppedAt: number
  readonly cancelRequestedAt: number | null
  readonly errorMsg: string | null
  readonly errorData: string | null
  readonly result: string | null
  readonly progress: string | null
}

export interface AttemptRow {
  readonly attempt: number
  readonly workerId: string
  readonly startedAt: number
  readonly endedAt: number
  readonly outcome: JobAttempt['outcome']
  readonly errorMsg: string | null
  readonly errorData: string | null
}

export interface LogRow {
  readonly attempt: number
  readonly line: number
  readonly at: number
  readonly level: LogLine['level']
  readonly message: string | null
  readonly fields: string
}

export interface BundleRow {
  readonly id: string
  readonly type: string
  readonly origin: string
  readonly numJobs: number
  readonly numStopped: number
  readonly numFailed: number
  readonly epoch: number
  readonly sealed: boolean
  readonly whenStopped: readonly PreparedJob[]
  readonly deleteOnSuccess: boolean
  readonly createdAt: number
  readonly updatedAt: number
  readonly stoppedAt: number | null
}

/** A process of this one: it beats by the queue's clock, so that its beats need not be written. */
export interface WorkerRow {
  readonly id: string
  readonly entry: WorkerEntry
  readonly startedAt: number
  readonly settled: AttemptCounts
  readonly heartbeatMs: number
  readonly deadForMs: number
  /** When it last beat of its own accord; null: it never beats, and is never taken for dead. */
  readonly beatAt: number | null
  readonly stoppedAt: number | null
}

/** What a type may do at most. */
export interface LimitRow {
  readonly concurrency: number | null
  readonly rateCount: number | null
  readonly rateMs: number | null
  readonly perGroup: boolean
  readonly pausedAt: number | null
}

/** A schedule: what was asked, and how it fares. */
export interface ScheduleRow {
  readonly asked: PreparedSchedule
  readonly revision: number
  /** Who knows its rule shall find the first time after this. */
  readonly planFrom: number | null
  readonly nextRunAt: number | null
  readonly lastRunAt: number | null
  readonly lastJobId: string | null
  readonly lastSuccessAt: number | null
  readonly lastFailureAt: number | null
  readonly consecutiveFailures: number
  readonly successCount: number
  readonly pausedAt: number | null
}
