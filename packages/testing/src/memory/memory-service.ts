import { setImmediate } from 'node:timers/promises'
import {
  type AddResult,
  type BundleId,
  type BundleSpec,
  type BundleState,
  ClosedError,
  type Duration,
  type Health,
  type InTransaction,
  type Job,
  type JobAttempt,
  type JobBundle,
  type JobDefinition,
  type JobDesc,
  type JobDescs,
  type JobFilter,
  type JobId,
  type JobLimit,
  type JobOptions,
  type JobPage,
  JobRunningError,
  type JobTypeState,
  type ListenerOptions,
  type LogPage,
  NotFoundError,
  type Page,
  type PayloadInput,
  type RemoveListener,
  type ResultOf,
  type RunState,
  type Schedule,
  type ScheduleFilter,
  type SchedulePage,
  type ScheduleSpec,
  type ServiceEvent,
  type ServiceListener,
  type SqlExecutor,
  type Stats,
  type Status,
  type WorkerInfo,
  type WorkerService,
} from '@jq/core'
import {
  addOptions,
  bundleStateOf,
  checkedDate,
  checkedDefinition,
  checkedId,
  checkedIds,
  checkedJobType,
  checkedListener,
  checkedLogWish,
  checkedPage,
  checkedScheduleKey,
  checkedScheduleWish,
  checkedText,
  checkedToDo,
  checkedWish,
  descOf,
  durationMs,
  handleOf,
  jobAs,
  prepareLimit,
  prepareSchedule,
  prepareSchedules,
  type ResetOptions,
  refuseUnknown,
  resetOptions,
  runStateOf,
  type ScopedService,
  StopWatch,
  testScope,
  typeOf,
} from '@jq/core/internal'
import { addBundle, addJob, addMany, addToBundle, ORIGIN } from './add-jobs.ts'
import { Commits } from './commits.ts'
import { sealBundle } from './count-members.ts'
import { deleteSuccessfulBundles } from './delete-successful-bundles.ts'
import { pauseType, resumeType, setLimit, wakeForRoom } from './limits.ts'
import { readLog } from './log-lines.ts'
import { promoteJobs, wakeOverdue } from './look.ts'
import { type Doing, MemoryTransaction } from './memory-transaction.ts'
import { MemoryWork } from './memory-work.ts'
import {
  cancelBundle,
  cancelJob,
  deleteBundle,
  deleteBundlesWhere,
  deleteFinishedJobs,
  deleteJob,
  deleteJobsWhere,
  resetJob,
  resetJobs,
  setJobStart,
} from './operate-jobs.ts'
import {
  cancelSchedule,
  pauseSchedule,
  putSchedule,
  readSchedule,
  readSchedules,
  resumeSchedule,
  syncSchedules,
  unschedule,
} from './operate-schedules.ts'
import { pause } from './pause.ts'
import { bundleOf, oldestWaitingMs, readStats } from './read-counts.ts'
import { attemptOf, jobOf, readJobs, readJobsToDo, readMembers } from './read-jobs.ts'
import { readTypes } from './read-types.ts'
import { wakeDueSchedules } from './schedules.ts'
import { storeBundle, storeMembers } from './store-bundle.ts'
import { type Stored, storeJobs } from './store-jobs.ts'
import type { Tables } from './tables.ts'
import { readWorkers } from './worker-life.ts'

const TURNS_OF_A_TICK = 5

/** The whole service, answered from memory, under a clock that the test moves. */
export class MemoryService implements WorkerService {
  readonly work: MemoryWork
  readonly #tables: Tables
  readonly #commits: Commits
  readonly #stopWatch = new StopWatch(async (listener) => {
    const remove = this.#commits.listeners.addOwn(listener)
    return async () => remove()
  }, pause)
  #closed = false

  constructor(tables: Tables) {
    this.#tables = tables
    this.#commits = new Commits(tables, {
      getJob: (id) => this.getJob(id),
      getJobBundle: (id) => this.getJobBundle(id),
    })
    this.work = new MemoryWork(this.#commits, () => this)
  }

  /**
   * Lets this much time pass. What is due then is available; heartbeats are beaten, and leases lapse of those that are not;
   * attempts past their deadline time out. Resolves when waiting threads have taken what fell due: the handlers they have room for
   * have begun.
   *
   * @throws InvalidInputError for what is no duration
   */
  async advance(by: Duration): Promise<void> {
    this.#open()
    this.#tables.clock.advance(durationMs(by, 'by'))
    const ticks = this.#commits.do((tables) => {
      promoteJobs(tables)
      wakeOverdue(tables)
      wakeForRoom(tables)
      deleteSuccessfulBundles(tables, this.#commits.named)
      return wakeDueSchedules(tables)
    })
    this.#commits.named.tellDue()
    await setImmediate() // a worker that is woken claims in its next turn of the event loop, which comes before this one
    // And a worker that must first add the job of a tick, or end the run before, in one of those that follow.
    for (let turn = 0; ticks && turn < TURNS_OF_A_TICK; turn++) await setImmediate()
  }

  /** @throws TransactionConflictError, and whatever `fn` throws */
  async transaction<T>(fn: (db: SqlExecutor) => Promise<T>): Promise<T> {
    this.#open()
    const transaction = new MemoryTransaction(this.#commits)
    try {
      const value = await fn(transaction)
      this.#open()
      transaction.commit()
      return value
    } finally {
      transaction.end()
    }
  }

  async add<D extends JobDefinition>(
    definition: D,
    payload: PayloadInput<D>,
    options: JobOptions & InTransaction = {},
  ): Promise<AddResult> {
    const { db, jobOptions } = addOptions(options)
    const within = this.#within({ db })
    const desc = await descOf(checkedDefinition(definition), payload, jobOptions)
    const insert = (one: JobDesc) => addJob(within, one)
    return testScope()?.add(this.#scoped(), desc, insert) ?? insert(desc)
  }

  async addMany(jobs: JobDescs, options: InTransaction = {}): Promise<readonly AddResult[]> {
    const within = this.#within(options)
    const insert = (rest: JobDescs) => addMany(within, rest)
    return testScope()?.addMany(this.#scoped(), jobs, insert) ?? insert(jobs)
  }

  async addBundle(
    bundle: BundleSpec,
    options: InTransaction = {},
  ): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    const within = this.#within(options)
    const insert = (rest: BundleSpec) => addBundle(within, rest)
    return testScope()?.addBundle(this.#scoped(), bundle, insert) ?? insert(bundle)
  }

  async addToBundle(
    bundleId: BundleId,
    jobs: JobDescs,
    options: InTransaction = {},
  ): Promise<readonly AddResult[]> {
    const within = this.#within(options)
    const insert = (rest: JobDescs) => addToBundle(within, checkedId(bundleId, 'bundleId'), rest)
    return testScope()?.addToBundle(this.#scoped(), bundleId, jobs, insert) ?? insert(jobs)
  }

  async sealBundle(bundleId: BundleId, options: InTransaction = {}): Promise<void> {
    const within = this.#within(options)
    const id = checkedId(bundleId, 'bundleId')
    if (await testScope()?.sealBundle(this.#scoped(), id)) return
    if (!within.do((tables) => sealBundle(tables, id))) throw new NotFoundError('bundle', id)
  }

  async getJob<D extends JobDefinition>(
    jobId: JobId,
    as?: D,
  ): Promise<Job<PayloadInput<D>, ResultOf<D>> | null> {
    this.#open()
    if (as !== undefined) checkedDefinition(as, 'as')
    const row = this.#tables.jobOf(checkedId(jobId, 'jobId'))
    return jobAs(row === undefined ? null : jobOf(this.#tables, row), as)
  }

  async getJobs(filter: JobFilter = {}): Promise<JobPage> {
    this.#open()
    return readJobs(this.#tables, checkedWish(filter))
  }

  async getAttempts(jobId: JobId): Promise<readonly JobAttempt[]> {
    this.#open()
    const seq = this.#tables.jobOf(checkedId(jobId, 'jobId'))?.seq
    return (this.#tables.attempts.get(seq as number) ?? []).map(attemptOf)
  }

  async getLog(jobId: JobId, page: Page = {}): Promise<LogPage> {
    this.#open()
    return readLog(this.#tables, checkedId(jobId, 'jobId'), checkedLogWish(page))
  }

  async getWorkers(): Promise<readonly WorkerInfo[]> {
    this.#open()
    return readWorkers(this.#tables)
  }

  async getTypes(): Promise<readonly JobTypeState[]> {
    this.#open()
    return readTypes(this.#tables)
  }

  async getJobBundle(bundleId: BundleId): Promise<JobBundle | null> {
    const bundle = await this.#readBundle(bundleId)
    return bundle === null ? null : { ...bundle, jobs: readMembers(this.#tables, bundle.id) }
  }

  async getBundleState(bundleId: BundleId): Promise<BundleState> {
    return bundleStateOf(bundleId, (id) => this.#readBundle(id), this.#stopWatch)
  }

  async getAllJobsToDo(page: Page = {}): Promise<JobPage> {
    this.#open()
    return readJobsToDo(this.#tables, checkedToDo(page))
  }

  async getAllJobsStartedBefore(before: Date, page: Page = {}): Promise<JobPage> {
    this.#open()
    const startedBefore = checkedDate(before, 'before')
    return readJobs(this.#tables, {
      ...checkedWish({ ...checkedPage(page), state: 'running' }),
      startedBefore,
    })
  }

  async getAllJobsWithErrors(page: Page = {}): Promise<JobPage> {
    return this.getJobs({ ...checkedPage(page), state: ['failed', 'dead'] })
  }

  async getStatus(): Promise<Status> {
    this.#open()
    return { numJobs: this.#tables.jobs.size, numJobBundles: this.#tables.bundles.size }
  }

  async getStats(): Promise<Stats> {
    this.#open()
    return readStats(this.#tables)
  }

  async getRunState<D extends JobDefinition = JobDefinition>(jobId: JobId, as?: D): Promise<RunState<D>> {
    return runStateOf<D>(jobId, (id) => this.getJob(id, as), this.#stopWatch)
  }

  async resetJob(jobId: JobId, options: ResetOptions = {}): Promise<boolean> {
    const { within, cancels } = this.#resetting(options)
    const id = checkedId(jobId, 'jobId')
    const verdict = within.do((tables) => resetJob(tables, id, cancels))
    if (verdict === 'running') throw new JobRunningError(id)
    return verdict === 'reset' || verdict === 'requested'
  }

  async resetJobs(jobIds: readonly JobId[], options: ResetOptions = {}): Promise<number> {
    const { within, cancels } = this.#resetting(options)
    const ids = checkedIds(jobIds, 'jobIds')
    const count = within.do((tables) => resetJobs(tables, ids, cancels))
    if (count === null)
      throw new JobRunningError(ids.length === 1 ? (ids[0] as JobId) : `among the ${ids.length}`)
    return count
  }

  async cancelJob(
    jobId: JobId,
    options: InTransaction = {},
  ): Promise<'cancelled' | 'requested' | 'alreadyStopped' | 'notFound'> {
    const within = this.#within(options)
    const id = checkedId(jobId, 'jobId')
    return within.do((tables) => cancelJob(tables, id))
  }

  async cancelJobBundle(
    bundleId: BundleId,
    options: InTransaction = {},
  ): Promise<{ cancelled: number; requested: number } | null> {
    const within = this.#within(options)
    const id = checkedId(bundleId, 'bundleId')
    return within.do((tables) => cancelBundle(tables, id))
  }

  async setJobStart(jobId: JobId, startAt: Date, options: InTransaction = {}): Promise<boolean> {
    const within = this.#within(options)
    const id = checkedId(jobId, 'jobId')
    const at = checkedDate(startAt, 'startAt').getTime()
    const verdict = within.do((tables) => setJobStart(tables, id, at))
    if (verdict === 'running') throw new JobRunningError(id)
    return verdict === 'set'
  }

  async deleteJob(jobId: JobId, options: InTransaction = {}): Promise<boolean> {
    const within = this.#within(options)
    const id = checkedId(jobId, 'jobId')
    return within.do((tables) => deleteJob(tables, id))
  }

  async deleteJobBundle(bundleId: BundleId, options: InTransaction = {}): Promise<boolean> {
    const within = this.#within(options)
    const id = checkedId(bundleId, 'bundleId')
    return within.do((tables) => deleteBundle(tables, id))
  }

  async deleteFinishedJobs(options: { olderThan?: Duration | undefined } = {}): Promise<number> {
    this.#open()
    refuseUnknown(options, ['olderThan'], 'options')
    const olderThanMs = durationMs(options.olderThan ?? 0, 'options.olderThan')
    const { named } = this.#commits
    const isAwaited = (id: string) => named.awaits(({ event }) => 'jobId' in event && event.jobId === id)
    return this.#commits.do((tables) => deleteFinishedJobs(tables, olderThanMs, isAwaited))
  }

  async deleteJobsFromOrigin(origin: string): Promise<number> {
    this.#open()
    const wanted = checkedText(origin, 100, 'origin')
    return this.#commits.do((tables) => deleteJobsWhere(tables, (job) => job.origin === wanted))
  }

  async deleteJobsOfType(type: string): Promise<number> {
    this.#open()
    const wanted = checkedJobType(type, 'type')
    return this.#commits.do((tables) => deleteJobsWhere(tables, (job) => job.type === wanted))
  }

  async deleteJobBundlesFromOrigin(origin: string): Promise<number> {
    this.#open()
    const wanted = checkedText(origin, 100, 'origin')
    return this.#commits.do((tables) => deleteBundlesWhere(tables, (bundle) => bundle.origin === wanted))
  }

  async deleteJobBundlesOfType(type: string): Promise<number> {
    this.#open()
    const wanted = checkedText(type, 100, 'type')
    return this.#commits.do((tables) => deleteBundlesWhere(tables, (bundle) => bundle.type === wanted))
  }

  async deleteAllJobsAndBundles(): Promise<void> {
    this.#open()
    this.#commits.do((tables) => {
      tables.deleteEverything()
      tables.wake({ kind: 'cancel' })
    })
  }

  async pause(job: JobDefinition | string): Promise<void> {
    this.#open()
    const type = typeOf(job)
    this.#commits.do((tables) => pauseType(tables, type))
  }

  async resume(job: JobDefinition | string): Promise<void> {
    this.#open()
    const type = typeOf(job)
    this.#commits.do((tables) => resumeType(tables, type))
  }

  async setLimit(job: JobDefinition | string, limit: JobLimit | null): Promise<void> {
    this.#open()
    const [type, prepared] = [typeOf(job), prepareLimit(limit)]
    this.#commits.do((tables) => setLimit(tables, type, prepared))
  }

  async schedule(spec: ScheduleSpec, options: InTransaction = {}): Promise<Schedule> {
    const within = this.#within(options)
    const prepared = prepareSchedule(spec)
    return within.do((tables) => putSchedule(tables, prepared))
  }

  async getSchedule(name: string, key?: string): Promise<Schedule | null> {
    this.#open()
    return readSchedule(this.#tables, checkedScheduleKey(name, key))
  }

  async getSchedules(filter: ScheduleFilter = {}): Promise<SchedulePage> {
    this.#open()
    return readSchedules(this.#tables, checkedScheduleWish(filter))
  }

  async syncSchedules(
    owner: string,
    specs: readonly ScheduleSpec[],
  ): Promise<{ added: number; changed: number; removed: number }> {
    this.#open()
    const prepared = prepareSchedules(owner, specs)
    return this.#commits.do((tables) => syncSchedules(tables, owner, prepared))
  }

  async cancelSchedule(
    name: string,
    key?: string,
  ): Promise<'cancelled' | 'requested' | 'notRunning' | 'notFound'> {
    this.#open()
    const named = checkedScheduleKey(name, key)
    return this.#commits.do((tables) => cancelSchedule(tables, named))
  }

  async pauseSchedule(name: string, key?: string): Promise<boolean> {
    this.#open()
    const named = checkedScheduleKey(name, key)
    return this.#commits.do((tables) => pauseSchedule(tables, named))
  }

  async resumeSchedule(name: string, key?: string): Promise<boolean> {
    this.#open()
    const named = checkedScheduleKey(name, key)
    return this.#commits.do((tables) => resumeSchedule(tables, named))
  }

  async unschedule(name: string, key?: string): Promise<boolean> {
    this.#open()
    const named = checkedScheduleKey(name, key)
    return this.#commits.do((tables) => unschedule(tables, named))
  }

  async addListener(listener: ServiceListener, options: ListenerOptions = {}): Promise<RemoveListener> {
    this.#open()
    const { name } = checkedListener(listener, options).options
    const remove =
      name === undefined
        ? this.#commits.listeners.add(listener, options)
        : this.#commits.named.add(name, listener, options)
    return async () => remove()
  }

  async removeAllListeners(): Promise<void> {
    this.#open()
    this.#commits.listeners.removeAll()
    this.#commits.named.removeAll()
  }

  async forgetListener(name: string): Promise<boolean> {
    this.#open()
    return this.#commits.named.forget(checkedText(name, 100, 'name'))
  }

  async health(): Promise<Health> {
    this.#open()
    return {
      status: 'ok',
      database: 'ok',
      listen: 'off',
      oldestWaitingAge: oldestWaitingMs(this.#tables),
      reasons: [],
    }
  }

  async close(): Promise<void> {
    this.#open()
    this.#closed = true
    this.#commits.listeners.removeAll()
    this.#commits.named.removeAll()
    this.work.close()
  }

  async #readBundle(bundleId: BundleId): Promise<Omit<JobBundle, 'jobs'> | null> {
    this.#open()
    const row = this.#tables.bundles.get(checkedId(bundleId, 'bundleId'))
    return row === undefined ? null : bundleOf(row)
  }

  #scoped(): ScopedService {
    const { listeners, named } = this.#commits
    const tell = (event: ServiceEvent) => {
      void listeners.tell(event)
      named.tellAtOnce(event)
    }
    return { origin: ORIGIN, now: () => new Date(this.#tables.now), tell }
  }

  #resetting(options: ResetOptions): { within: Doing; cancels: boolean } {
    const { db, cancels } = resetOptions(options)
    return { within: this.#within({ db }), cancels }
  }

  /** Where it is done: in the caller's transaction, or in one of its own. */
  #within(options: InTransaction): Doing {
    this.#open()
    const db = handleOf(options)
    return db === undefined ? this.#commits : MemoryTransaction.of(db, this.#commits)
  }

  #open(): void {
    if (this.#closed) throw new ClosedError()
  }
}
