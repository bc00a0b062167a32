import {
  type AddResult,
  type BundleId,
  type BundleSpec,
  type BundleState,
  ClosedError,
  type DbHandle,
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
  NotMigratedError,
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
  prepareJob,
  prepareLimit,
  prepareSchedule,
  prepareSchedules,
  type ResetOptions,
  refuseUnknown,
  resetOptions,
  runStateOf,
  type ScopedService,
  StopWatch,
  statsOf,
  testScope,
  typeOf,
} from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type pg from 'pg'
import { AddLane } from './add-lane.ts'
import { type Adding, addBundle, addMany, addToBundle } from './add-streams.ts'
import { connectionConfig } from './connection-config.ts'
import { type Asks, Database } from './database.ts'
import { asksIn, checkedDbHandle } from './db-handle.ts'
import { Dispatcher } from './dispatcher.ts'
import { Hints } from './hints.ts'
import type { CheckedOptions } from './job-queue-options.ts'
import { NamedListeners } from './named-listeners.ts'
import { PostgresSchedules } from './postgres-schedules.ts'
import { PostgresWork } from './postgres-work.ts'
import { readLogPage, readMembers, readPage, readPageToDo } from './read-pages.ts'
import { readiness } from './readiness.ts'
import { sqlVerdict } from './sql-state.ts'
import { type Statements, statementsFor } from './statement.ts'
import { addKeyedJobs, addPlainJobs, sealBundle } from './statements/add-jobs.ts'
import { pauseType, resumeType, setLimit } from './statements/limits.ts'
import { forgetListener } from './statements/named-listener.ts'
import {
  beginDeletion,
  cancelBundle,
  cancelJob,
  DELETED_AT_ONCE,
  type DeletedRow,
  deleteBundle,
  deleteBundlesOf,
  deleteBundlesUpTo,
  deleteFinishedJobs,
  deleteJob,
  deleteJobsOf,
  deleteJobsUpTo,
  resetJob,
  resetJobs,
  setJobStart,
} from './statements/operate-jobs.ts'
import { bundleOf, readBundle } from './statements/read-bundle.ts'
import { attemptOf, jobOf, readAttempts, readJobs, readStats, readStatus } from './statements/read-jobs.ts'
import { readVitals } from './statements/read-readiness.ts'
import { readTypes, typeStateOf } from './statements/read-types.ts'
import { readWorkers, workerOf } from './statements/read-workers.ts'
import { wait } from './wait.ts'

/** The whole service, answered with PostgreSQL. Each method says what is asked; how, is said by the files it calls. */
export class PostgresService implements WorkerService {
  readonly work: PostgresWork
  readonly #database: Database
  readonly #statements: Statements
  readonly #origin: string
  readonly #plainLane: AddLane
  readonly #keyedLane: AddLane
  readonly #schedules: PostgresSchedules
  readonly #hints: Hints
  readonly #dispatcher: Dispatcher
  readonly #namedListeners: NamedListeners
  readonly #stopWatch: StopWatch
  #handicap: string | undefined

  /** @param self - the service as users hold it: what handlers find as `jobqueue` */
  constructor(options: CheckedOptions, self: () => WorkerService) {
    this.#statements = statementsFor(options.schema)
    this.#database = new Database(options.connection, readiness(this.#statements, options))
    this.#origin = options.origin
    this.#schedules = new PostgresSchedules(this.#database, this.#statements)
    this.#plainLane = new AddLane(this.#database, (jobs, _, options) =>
      addPlainJobs(this.#statements, jobs, { ...options, commits: true }),
    )
    // Keys can make a statement wait for somebody's open transaction; jobs without keys never wait behind it.
    this.#keyedLane = new AddLane(this.#database, (jobs, patience) =>
      addKeyedJobs(this.#statements, jobs, patience),
    )
    this.#hints = new Hints(options, this.#database, this.#statements)
    this.#dispatcher = new Dispatcher(this.#database, this.#statements, this, this.#hints, options.logger)
    const { logger } = options
    const telling = { database: this.#database, statements: this.#statements, reading: this, logger }
    this.#namedListeners = new NamedListeners(telling, this.#hints)
    this.#stopWatch = new StopWatch((listener) => this.#dispatcher.addOwn(listener), wait)
    this.work = this.#startWork(options, connectionConfig(options), self)
  }

  async add<D extends JobDefinition>(
    definition: D,
    payload: PayloadInput<D>,
    options: JobOptions & InTransaction = {},
  ): Promise<AddResult> {
    this.#open()
    const { db, jobOptions } = addOptions(options)
    const adding = this.#adding(db)
    const desc = await descOf(checkedDefinition(definition), payload, jobOptions)
    const scope = testScope()
    return scope === undefined
      ? this.#insert(desc, adding)
      : scope.add(this.#scoped(), desc, (one) => this.#insert(one, adding))
  }

  async #insert(desc: JobDesc, adding: Adding): Promise<AddResult> {
    if (adding.within !== null) return (await addMany(adding, [desc]))[0] as AddResult
    const job = prepareJob(desc, this.#origin, 'options')
    return (job.uniqueKey === null ? this.#plainLane : this.#keyedLane).add(job)
  }

  async addMany(jobs: JobDescs, options: InTransaction = {}): Promise<readonly AddResult[]> {
    this.#open()
    const adding = this.#adding(handleOf(options))
    const insert = (rest: JobDescs) => addMany(adding, rest)
    return testScope()?.addMany(this.#scoped(), jobs, insert) ?? insert(jobs)
  }

  async addBundle(
    bundle: BundleSpec,
    options: InTransaction = {},
  ): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    this.#open()
    const adding = this.#adding(handleOf(options))
    const insert = (rest: BundleSpec) => addBundle(adding, rest)
    return testScope()?.addBundle(this.#scoped(), bundle, insert) ?? insert(bundle)
  }

  async addToBundle(
    bundleId: BundleId,
    jobs: JobDescs,
    options: InTransaction = {},
  ): Promise<readonly AddResult[]> {
    this.#open()
    const adding = this.#adding(handleOf(options))
    const insert = (rest: JobDescs) => addToBundle(adding, bundleId, rest)
    return testScope()?.addToBundle(this.#scoped(), bundleId, jobs, insert) ?? insert(jobs)
  }

  async sealBundle(bundleId: BundleId, options: InTransaction = {}): Promise<void> {
    const asks = this.#asks(options)
    const id = checkedId(bundleId, 'bundleId')
    if (await testScope()?.sealBundle(this.#scoped(), id)) return
    const [answer] = await asks.ask(sealBundle(this.#statements, id))
    if (answer?.found !== 1) throw new NotFoundError('bundle', id)
  }

  async getJob<D extends JobDefinition>(
    jobId: JobId,
    as?: D,
  ): Promise<Job<PayloadInput<D>, ResultOf<D>> | null> {
    const id = checkedId(jobId, 'jobId')
    if (as !== undefined) checkedDefinition(as, 'as')
    const [row] = await this.#database.ask(readJobs(this.#statements, { id, limit: 1 }))
    return jobAs(row === undefined ? null : jobOf(row).job, as)
  }

  async getJobs(filter: JobFilter = {}): Promise<JobPage> {
    return readPage(this.#database, this.#statements, checkedWish(filter))
  }

  async getAttempts(jobId: JobId): Promise<readonly JobAttempt[]> {
    return (await this.#database.ask(readAttempts(this.#statements, checkedId(jobId, 'jobId')))).map(
      attemptOf,
    )
  }

  async getLog(jobId: JobId, page: Page = {}): Promise<LogPage> {
    return readLogPage(this.#database, this.#statements, checkedId(jobId, 'jobId'), checkedLogWish(page))
  }

  async getWorkers(): Promise<readonly WorkerInfo[]> {
    return (await this.#database.ask(readWorkers(this.#statements))).map(workerOf)
  }

  async getTypes(): Promise<readonly JobTypeState[]> {
    return (await this.#database.ask(readTypes(this.#statements))).map(typeStateOf)
  }

  async getJobBundle(bundleId: BundleId): Promise<JobBundle | null> {
    const bundle = await this.#readBundle(bundleId)
    if (bundle === null) return null
    return { ...bundle, jobs: await readMembers(this.#database, this.#statements, bundle.id) }
  }

  async getBundleState(bundleId: BundleId): Promise<BundleState> {
    return bundleStateOf(bundleId, (id) => this.#readBundle(id), this.#stopWatch)
  }

  async getAllJobsToDo(page: Page = {}): Promise<JobPage> {
    return readPageToDo(this.#database, this.#statements, checkedToDo(page))
  }

  async getAllJobsStartedBefore(before: Date, page: Page = {}): Promise<JobPage> {
    const startedBefore = checkedDate(before, 'before')
    const wish = { ...checkedWish({ ...checkedPage(page), state: 'running' }), startedBefore }
    return readPage(this.#database, this.#statements, wish)
  }

  async getAllJobsWithErrors(page: Page = {}): Promise<JobPage> {
    return this.getJobs({ ...checkedPage(page), state: ['failed', 'dead'] })
  }

  async getStatus(): Promise<Status> {
    const [row] = await this.#database.ask(readStatus(this.#statements))
    return { numJobs: Number(row?.jobs), numJobBundles: Number(row?.bundles) }
  }

  async getStats(): Promise<Stats> {
    const rows = await this.#database.ask(readStats(this.#statements))
    return statsOf(rows.map(({ state, jobs }) => [state, Number(jobs)]))
  }

  async getRunState<D extends JobDefinition = JobDefinition>(jobId: JobId, as?: D): Promise<RunState<D>> {
    return runStateOf<D>(jobId, (id) => this.getJob(id, as), this.#stopWatch)
  }

  async resetJob(jobId: JobId, options: ResetOptions = {}): Promise<boolean> {
    const { db, cancels } = resetOptions(options)
    const id = checkedId(jobId, 'jobId')
    const [answer] = await this.#asks({ db }).ask(resetJob(this.#statements, id, cancels))
    if (answer?.verdict === 'running') throw new JobRunningError(id)
    return answer?.verdict === 'reset' || answer?.verdict === 'requested'
  }

  async resetJobs(jobIds: readonly JobId[], options: ResetOptions = {}): Promise<number> {
    const { db, cancels } = resetOptions(options)
    const ids = checkedIds(jobIds, 'jobIds')
    const [answer] = await this.#asks({ db }).ask(resetJobs(this.#statements, ids, cancels))
    if (answer?.reset === -1)
      throw new JobRunningError(ids.length === 1 ? (ids[0] as JobId) : `among the ${ids.length}`)
    return answer?.reset ?? 0
  }

  async cancelJob(
    jobId: JobId,
    options: InTransaction = {},
  ): Promise<'cancelled' | 'requested' | 'alreadyStopped' | 'notFound'> {
    const [answer] = await this.#asks(options).ask(cancelJob(this.#statements, checkedId(jobId, 'jobId')))
    return answer?.verdict ?? 'notFound'
  }

  async cancelJobBundle(
    bundleId: BundleId,
    options: InTransaction = {},
  ): Promise<{ cancelled: number; requested: number } | null> {
    const [answer] = await this.#asks(options).ask(
      cancelBundle(this.#statements, checkedId(bundleId, 'bundleId')),
    )
    return answer ?? null
  }

  async setJobStart(jobId: JobId, startAt: Date, options: InTransaction = {}): Promise<boolean> {
    const id = checkedId(jobId, 'jobId')
    const [answer] = await this.#asks(options).ask(
      setJobStart(this.#statements, id, checkedDate(startAt, 'startAt')),
    )
    if (answer?.verdict === 'running') throw new JobRunningError(id)
    return answer?.verdict === 'set'
  }

  async deleteJob(jobId: JobId, options: InTransaction = {}): Promise<boolean> {
    const [answer] = await this.#asks(options).ask(deleteJob(this.#statements, checkedId(jobId, 'jobId')))
    return answer?.found === 1
  }

  async deleteJobBundle(bundleId: BundleId, options: InTransaction = {}): Promise<boolean> {
    const [answer] = await this.#asks(options).ask(
      deleteBundle(this.#statements, checkedId(bundleId, 'bundleId')),
    )
    return answer?.found === 1
  }

  async deleteFinishedJobs(options: { olderThan?: Duration | undefined } = {}): Promise<number> {
    refuseUnknown(options, ['olderThan'], 'options')
    const olderThanMs = durationMs(options.olderThan ?? 0, 'options.olderThan')
    return this.#deleteAll(deleteFinishedJobs(this.#statements, olderThanMs))
  }

  async deleteJobsFromOrigin(origin: string): Promise<number> {
    return this.#deleteAll(deleteJobsOf(this.#statements, { origin: checkedText(origin, 100, 'origin') }))
  }

  async deleteJobsOfType(type: string): Promise<number> {
    return this.#deleteAll(deleteJobsOf(this.#statements, { type: checkedJobType(type, 'type') }))
  }

  async deleteJobBundlesFromOrigin(origin: string): Promise<number> {
    return this.#deleteAll(deleteBundlesOf(this.#statements, { origin: checkedText(origin, 100, 'origin') }))
  }

  async deleteJobBundlesOfType(type: string): Promise<number> {
    return this.#deleteAll(deleteBundlesOf(this.#statements, { type: checkedText(type, 100, 'type') }))
  }

  async deleteAllJobsAndBundles(): Promise<void> {
    const [end] = await this.#database.ask(beginDeletion(this.#statements))
    // Bundles with their members first, so that none stops, and adds jobs, because its last members went.
    await this.#deleteUpTo(end?.bundle, deleteBundlesUpTo)
    await this.#deleteUpTo(end?.seq, deleteJobsUpTo)
  }

  async pause(job: JobDefinition | string): Promise<void> {
    await this.#database.ask(pauseType(this.#statements, typeOf(job)))
  }

  async resume(job: JobDefinition | string): Promise<void> {
    await this.#database.ask(resumeType(this.#statements, typeOf(job)))
  }

  async setLimit(job: JobDefinition | string, limit: JobLimit | null): Promise<void> {
    await this.#database.ask(setLimit(this.#statements, typeOf(job), prepareLimit(limit)))
  }

  async schedule(spec: ScheduleSpec, options: InTransaction = {}): Promise<Schedule> {
    this.#open()
    const handle = checkedDbHandle(handleOf(options))
    return this.#schedules.put(prepareSchedule(spec), handle)
  }

  async getSchedule(name: string, key?: string): Promise<Schedule | null> {
    return this.#schedules.get(checkedScheduleKey(name, key))
  }

  async getSchedules(filter: ScheduleFilter = {}): Promise<SchedulePage> {
    return this.#schedules.page(checkedScheduleWish(filter))
  }

  async syncSchedules(
    owner: string,
    specs: readonly ScheduleSpec[],
  ): Promise<{ added: number; changed: number; removed: number }> {
    return this.#schedules.sync(owner, prepareSchedules(owner, specs))
  }

  async cancelSchedule(
    name: string,
    key?: string,
  ): Promise<'cancelled' | 'requested' | 'notRunning' | 'notFound'> {
    return this.#schedules.cancel(checkedScheduleKey(name, key))
  }

  async pauseSchedule(name: string, key?: string): Promise<boolean> {
    return this.#schedules.pause(checkedScheduleKey(name, key))
  }

  async resumeSchedule(name: string, key?: string): Promise<boolean> {
    return this.#schedules.resume(checkedScheduleKey(name, key))
  }

  async unschedule(name: string, key?: string): Promise<boolean> {
    return this.#schedules.end(checkedScheduleKey(name, key))
  }

  async addListener(listener: ServiceListener, options: ListenerOptions = {}): Promise<RemoveListener> {
    this.#open()
    const { name } = checkedListener(listener, options).options
    return name === undefined
      ? this.#dispatcher.add(listener, options)
      : this.#namedListeners.add(name, listener, options)
  }

  async removeAllListeners(): Promise<void> {
    this.#open()
    await Promise.all([this.#dispatcher.removeAll(), this.#namedListeners.removeAll()])
  }

  async forgetListener(name: string): Promise<boolean> {
    const checked = checkedText(name, 100, 'name')
    await this.#namedListeners.remove(checked)
    const [answer] = await this.#database.ask(forgetListener(this.#statements, checked))
    return answer?.found === 1
  }

  async health(): Promise<Health> {
    this.#open()
    const own = [this.#hints.trouble, this.#handicap].filter((reason) => reason !== undefined)
    const listen = this.#hints.state
    try {
      const [row] = await this.#database.once(readVitals(this.#statements))
      const reasons = [...own, ...(JSON.parse(row?.troubles ?? '[]') as string[])]
      return {
        status: reasons.length > 0 ? 'degraded' : 'ok',
        database: 'ok',
        listen,
        oldestWaitingAge: Number(row?.ms ?? 0),
        reasons,
      }
    } catch (error) {
      // A server that answers is not down, whatever it lacks for our question.
      const answers = error instanceof NotMigratedError || sqlVerdict(error) === 'other'
      return {
        status: answers ? 'degraded' : 'down',
        database: answers ? 'ok' : 'down',
        listen,
        oldestWaitingAge: 0,
        reasons: [(error as Error).message, ...own],
      }
    }
  }

  async close(): Promise<void> {
    await this.work.endHeartbeats()
    await Promise.all([this.#plainLane.drained(), this.#keyedLane.drained()])
    await Promise.all([this.#dispatcher.end(), this.#namedListeners.removeAll()])
    await this.#hints.close()
    await this.#database.close()
  }

  #startWork(
    options: CheckedOptions,
    heartbeatConfig: pg.ClientConfig,
    self: () => WorkerService,
  ): PostgresWork {
    return new PostgresWork({
      queue: self,
      database: this.#database,
      statements: this.#statements,
      logger: options.logger,
      retention: options.retention,
      heartbeatConfig,
      onHint: (hint) => this.#hints.listen({ hint, resync: () => hint('due') }),
      dueCanary: () => this.#hints.dueCanary(),
      canHear: () => this.#hints.state === 'ok',
      hints: () => ({
        listen: this.#hints.state,
        listenReconnects: this.#hints.reconnects,
        canaries: this.#hints.canaries,
      }),
      handicap: (reason) => {
        this.#handicap = reason
      },
    })
  }

  #adding(db: DbHandle | undefined): Adding {
    const handle = checkedDbHandle(db)
    return {
      database: this.#database,
      statements: this.#statements,
      origin: this.#origin,
      within: handle === undefined ? null : asksIn(handle),
    }
  }

  /** What tests' scopes need of it: the process's clock will do for jobs that are nowhere stored. */
  #scoped(): ScopedService {
    const tell = (event: ServiceEvent) => {
      void this.#dispatcher.listeners.tell(event)
      this.#namedListeners.tell(event)
    }
    return { origin: this.#origin, now: () => new Date(), tell }
  }

  /** Where to ask: in the caller's transaction, or in one of our own. */
  #asks(options: InTransaction): Asks {
    this.#open()
    const handle = checkedDbHandle(handleOf(options))
    return handle === undefined ? this.#database : asksIn(handle)
  }

  /** In batches, each a transaction: nobody waits long behind it, and what was deleted stays deleted if it is interrupted. */
  async #deleteAll(statement: CompiledQuery<DeletedRow>): Promise<number> {
    let all = 0
    for (let more = true; more; ) {
      const [answer] = await this.#database.ask(statement)
      all += answer?.deleted ?? 0
      more = answer?.deleted === DELETED_AT_ONCE
    }
    return all
  }

  /** In batches too, up to what was the last when it began: what is added meanwhile keeps nobody busy for ever. */
  async #deleteUpTo(last: string | null = null, batch: typeof deleteJobsUpTo): Promise<void> {
    if (last === null) return
    for (let first: string | undefined; ; ) {
      const [answer] = await this.#database.ask(batch(this.#statements, { first, last }))
      if (typeof answer?.reached !== 'string') return
      first = answer.reached
    }
  }

  async #readBundle(bundleId: BundleId): Promise<Omit<JobBundle, 'jobs'> | null> {
    const [row] = await this.#database.ask(readBundle(this.#statements, checkedId(bundleId, 'bundleId')))
    return row === undefined ? null : bundleOf(row)
  }

  #open(): void {
    if (this.#database.closed) throw new ClosedError()
  }
}
