import type { InTransaction } from './db-handle.ts'
import type { Duration } from './duration.ts'
import type { ListenerOptions, RemoveListener, ServiceListener } from './events.ts'
import type { Job, JobAttempt, JobState } from './job.ts'
import type { BundleSpec, BundleState, JobBundle } from './job-bundle.ts'
import type { JobDefinition, JobDescs, JobOptions, PayloadInput, ResultOf } from './job-definition.ts'
import type { BundleId, JobId } from './job-id.ts'
import type { JobLimit } from './job-limit.ts'
import type { JobTypeState } from './job-type-state.ts'
import type { LogPage } from './log-line.ts'
import type { Schedule, ScheduleFilter, SchedulePage, ScheduleSpec } from './schedule.ts'
import type { WorkerInfo } from './worker-info.ts'

export interface AddResult {
  readonly id: JobId
  /**
   * 'duplicate': this `id` exists, in whatever state, or an unfinished job holds the uniqueKey; `id` is that job's. The
   * library's own repeat after a lost reply answers 'added'. 'ignored', 'ran': only inside the test scopes.
   */
  readonly status: 'added' | 'duplicate' | 'ignored' | 'ran'
}

export interface Page {
  /** From 1 to 1,000; 100 by default. */
  limit?: number | undefined
  /** Opaque; from the previous page. */
  after?: string | undefined
}

export interface JobPage {
  readonly jobs: readonly Job[]
  readonly next: string | null
}

export interface JobFilter extends Page {
  state?: JobState | readonly JobState[] | undefined
  type?: string | undefined
  origin?: string | undefined
  bundleId?: BundleId | undefined
  uniqueKey?: string | undefined
  groupKey?: string | undefined
  scheduleName?: string | undefined
  scheduleKey?: string | undefined
}

export interface Status {
  readonly numJobs: number
  readonly numJobBundles: number
}

/** How many jobs are in each state. */
export type Stats = Readonly<Record<JobState, number>>

export interface Health {
  readonly status: 'ok' | 'degraded' | 'down'
  readonly database: 'ok' | 'down'
  /** 'off': this process has no need of LISTEN so far, or was told to poll. */
  readonly listen: 'ok' | 'degraded' | 'off'
  /** Milliseconds since the oldest waiting job became available; 0 when none waits. */
  readonly oldestWaitingAge: number
  readonly reasons: readonly string[]
}

/** The state of one run that can be asked again, and waited for. */
export interface RunState<D extends JobDefinition = JobDefinition> {
  readonly job: Job<PayloadInput<D>, ResultOf<D>>
  refresh(): Promise<this>
  /**
   * The job's result, once it has stopped.
   *
   * @throws JobFailedError, JobCancelledError, NotFoundError where the job was deleted meanwhile, and the signal's reason
   */
  waitUntilStopped(options?: { signal?: AbortSignal | undefined }): Promise<ResultOf<D>>
}

/** The service: what producers, tools and listeners need. PostgreSQL answers it in `@jq/db`. */
export interface JobQueue {
  add<D extends JobDefinition>(
    job: D,
    payload: PayloadInput<D>,
    options?: JobOptions & InTransaction,
  ): Promise<AddResult>
  /** One transaction: all or none. An error's `path` names the entry: `jobs[17].payload.url`. */
  addMany(jobs: JobDescs, options?: InTransaction): Promise<readonly AddResult[]>
  addBundle(
    bundle: BundleSpec,
    options?: InTransaction,
  ): Promise<{ id: BundleId; jobs: readonly AddResult[] }>
  addToBundle(bundleId: BundleId, jobs: JobDescs, options?: InTransaction): Promise<readonly AddResult[]>
  sealBundle(bundleId: BundleId, options?: InTransaction): Promise<void>

  /** `as` of another type: InvalidInputError `wrong_type`. */
  getJob<D extends JobDefinition>(jobId: JobId, as?: D): Promise<Job<PayloadInput<D>, ResultOf<D>> | null>
  /** Newest first; members of one bundle in the order of adding. */
  getJobs(filter?: JobFilter): Promise<JobPage>
  /** Oldest first. */
  getAttempts(jobId: JobId): Promise<readonly JobAttempt[]>
  /** The lines of `context.log`, oldest first: kept with the attempt up to a bound, those of a succeeded attempt too. */
  getLog(jobId: JobId, page?: Page): Promise<LogPage>
  /** The processes that work, newest first, and then those that stopped, which are kept for a day. */
  getWorkers(): Promise<readonly WorkerInfo[]>
  /**
   * What waits and runs, type by type, and whether a living worker handles it: of types of which a job is available or runs, and of
   * those that a living worker handles, in the order of their names. Its cost follows the number of types, and not what waits.
   */
  getTypes(): Promise<readonly JobTypeState[]>
  /** With all its members: for bundles known to be small. Others: `getBundleState`, and the members by `getJobs({ bundleId })`. */
  getJobBundle(bundleId: BundleId): Promise<JobBundle | null>
  /** @throws NotFoundError */
  getBundleState(bundleId: BundleId): Promise<BundleState>
  /** Waiting and running ones: what has no `startAt` first, then by that time, then in the order of adding. */
  getAllJobsToDo(page?: Page): Promise<JobPage>
  /** Started before, and not stopped yet. */
  getAllJobsStartedBefore(before: Date, page?: Page): Promise<JobPage>
  /** Those that failed for good or died. */
  getAllJobsWithErrors(page?: Page): Promise<JobPage>
  getStatus(): Promise<Status>
  getStats(): Promise<Stats>
  /** The state of one run that can be asked again, and waited for. Unknown: NotFoundError; deleted while waited for: the same. */
  getRunState<D extends JobDefinition = JobDefinition>(jobId: JobId, as?: D): Promise<RunState<D>>

  /** A running job is refused unless told otherwise: 'cancel' aborts it first; never two owners. */
  resetJob(
    jobId: JobId,
    options?: { ifRunning?: 'refuse' | 'cancel' | undefined } & InTransaction,
  ): Promise<boolean>
  /** All or none: one that runs refuses them all. @returns how many were reset */
  resetJobs(
    jobIds: readonly JobId[],
    options?: { ifRunning?: 'refuse' | 'cancel' | undefined } & InTransaction,
  ): Promise<number>
  cancelJob(
    jobId: JobId,
    options?: InTransaction,
  ): Promise<'cancelled' | 'requested' | 'alreadyStopped' | 'notFound'>
  /** Cancels the members that have not stopped; null: no such bundle. */
  cancelJobBundle(
    bundleId: BundleId,
    options?: InTransaction,
  ): Promise<{ cancelled: number; requested: number } | null>
  /** A running job is refused. One that has stopped begins again, its budgets as they were. */
  setJobStart(jobId: JobId, startAt: Date, options?: InTransaction): Promise<boolean>
  deleteJob(jobId: JobId, options?: InTransaction): Promise<boolean>
  deleteJobBundle(bundleId: BundleId, options?: InTransaction): Promise<boolean>
  /** Succeeded standalone jobs. */
  deleteFinishedJobs(options?: { olderThan?: Duration | undefined }): Promise<number>
  deleteJobsFromOrigin(origin: string): Promise<number>
  deleteJobsOfType(type: string): Promise<number>
  deleteJobBundlesFromOrigin(origin: string): Promise<number>
  deleteJobBundlesOfType(type: string): Promise<number>
  /**
   * Deletes whatever is there when it is called, running attempts too; what is added meanwhile may stay. No bundle stops by it.
   *
   * Beside others who work it goes in batches, each a transaction of its own: if it fails, some of it may be gone already.
   */
  deleteAllJobsAndBundles(): Promise<void>

  /** No process claims jobs of this type until `resume`; what runs goes on. */
  pause(job: JobDefinition | string): Promise<void>
  resume(job: JobDefinition | string): Promise<void>
  /**
   * What the jobs of a type may do at most, over all processes, from the next claim on; null takes the limit away.
   *
   * @throws InvalidInputError
   */
  setLimit(job: JobDefinition | string, limit: JobLimit | null): Promise<void>

  /**
   * Adds a schedule, or replaces the one of this name and key: its counts stay, and a job that it has added goes on. With the same
   * `cron`, `every` or `rule` its next tick never comes later for it, so that a process may do so at every start.
   *
   * @throws InvalidInputError
   */
  schedule(spec: ScheduleSpec, options?: InTransaction): Promise<Schedule>
  /** @param key - `''`, unless the schedule was given one */
  getSchedule(name: string, key?: string): Promise<Schedule | null>
  /** By name and key. */
  getSchedules(filter?: ScheduleFilter): Promise<SchedulePage>
  /**
   * Makes the owner's schedules exactly these: for deployments. One that is there as it is asked for stays untouched.
   *
   * @throws InvalidInputError, with reason `foreign_schedule` where one of them is another owner's; then nothing was done
   */
  syncSchedules(
    owner: string,
    specs: readonly ScheduleSpec[],
  ): Promise<{ added: number; changed: number; removed: number }>
  /** Aborts or removes the unfinished job of its last tick; the schedule goes on. */
  cancelSchedule(name: string, key?: string): Promise<'cancelled' | 'requested' | 'notRunning' | 'notFound'>
  /** No tick until `resumeSchedule`. False: there is none such. */
  pauseSchedule(name: string, key?: string): Promise<boolean>
  /** What fell into the pause is not made up for. False: there is none such. */
  resumeSchedule(name: string, key?: string): Promise<boolean>
  /** Ends the schedule; a job that it has added goes on. False: there is none such. */
  unschedule(name: string, key?: string): Promise<boolean>

  addListener(listener: ServiceListener, options?: ListenerOptions): Promise<RemoveListener>
  /** Of this process; named ones go on where they left off when they are added again. */
  removeAllListeners(): Promise<void>
  /** Ends a named listener: its events wait no longer. False: there is none of this name. */
  forgetListener(name: string): Promise<boolean>
  /** Is the database reachable, is LISTEN alive, how old is the oldest waiting job; with the reason when degraded. */
  health(): Promise<Health>
  close(): Promise<void>
}
