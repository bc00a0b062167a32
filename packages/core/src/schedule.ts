import type { Duration } from './duration.ts'
import type { JobDesc } from './job-definition.ts'
import type { JobId } from './job-id.ts'
import type { Page } from './job-queue.ts'

/** What to do with ticks missed while nobody ran, or while the run of one before was unfinished. */
export type MisfirePolicy = 'skip' | 'once' | 'all'

/** What a schedule shall be. */
export interface ScheduleSpec {
  /** 1 to 100 characters. Unique with `key`; adding it again replaces it. */
  name: string
  /** Up to 512 bytes: for several schedules of one name, each with a payload of its own. @defaultValue '' */
  key?: string | undefined
  /** Added at each tick, as a job of its own: `id`, `startAt` and `runAfter` in it are refused. */
  job: JobDesc
  /**
   * Exactly one of the three. Cron: five fields or six with seconds first, by the clocks of `timeZone`. A local time that does not
   * exist is due once, when the clock leaps over it, and one that exists twice the first time only.
   */
  cron?: string | undefined
  /** Counted from the tick before, not from when its job ran. 1 ms at least. */
  every?: Duration | undefined
  /** Name of a rule given to `registerSchedule` in the processes that run schedules. */
  rule?: string | undefined
  /** IANA name, for `cron`. @defaultValue 'UTC' */
  timeZone?: string | undefined
  /**
   * What to do with ticks missed while nobody ran, or while the run of one before was unfinished: none is made up for, but one that is
   * late by no more than a minute; the latest one; or each. @defaultValue 'once'
   */
  misfire?: MisfirePolicy | undefined
  /** No tick while the job of the last one is unfinished. @defaultValue true */
  noOverlap?: boolean | undefined
  /** End after this many successful runs. Failures do not count. */
  limit?: number | undefined
  /** The first tick is the next one after this; at most one of the two. `every` counts from here. */
  startAt?: Date | undefined
  /** The same, so long after the database's now. */
  runAfter?: Duration | undefined
  /** 1 to 100 characters. Whose it is: `syncSchedules` touches only its owner's. @defaultValue 'api' */
  owner?: string | undefined
  /** A new schedule also adds a job at once. One that is there goes on as it was. @defaultValue false */
  runImmediately?: boolean | undefined
}

/** A snapshot of one schedule. */
export interface Schedule {
  readonly spec: Readonly<ScheduleSpec>
  readonly name: string
  readonly key: string
  /** Null: it has ended, or waits for a process that knows its rule. A time in the past is due, or waits for the run before. */
  readonly nextRunAt: Date | null
  /** The last tick that brought a job. */
  readonly lastRunAt: Date | null
  readonly lastSuccessAt: Date | null
  readonly lastFailureAt: Date | null
  readonly lastJobId: JobId | null
  /** Runs that failed for good since the last success; cancelled ones are neither. */
  readonly consecutiveFailures: number
  readonly successCount: number
  readonly pausedAt: Date | null
}

export interface ScheduleFilter extends Page {
  name?: string | undefined
  owner?: string | undefined
}

export interface SchedulePage {
  readonly schedules: readonly Schedule[]
  readonly next: string | null
}
