import {
  type AddResult,
  type BundleId,
  type BundleSpec,
  type BundleState,
  ClosedError,
  type Health,
  InvalidInputError,
  type Job,
  type JobAttempt,
  type JobBundle,
  type JobDefinition,
  type JobDescs,
  type JobFilter,
  type JobId,
  type JobOptions,
  type JobPage,
  JobRunningError,
  type ListenerOptions,
  NotFoundError,
  type PayloadInput,
  type RemoveListener,
  type ResultOf,
  type RunState,
  type ServiceListener,
  type Stats,
  type WorkerService,
} from '@jq/core'
import { checkedId, descOf, prepareJob, refuseUnknown } from '@jq/core/internal'
import type pg from 'pg'
import { AddLane } from './add-lane.ts'
import { addBundle, addMany, addToBundle } from './add-streams.ts'
import { checkedWish } from './checked-page.ts'
import { connectionConfig } from './connection-config.ts'
import { Database } from './database.ts'
import { Dispatcher } from './dispatcher.ts'
import { bundleStateOf, runStateOf } from './follow-job.ts'
import { Hints } from './hints.ts'
import type { CheckedOptions } from './job-queue-options.ts'
import { PostgresWork } from './postgres-work.ts'
import { readiness } from './readiness.ts'
import { type Statements, statementsFor } from './statement.ts'
import { addKeyedJobs, addPlainJobs, sealBundle } from './statements/add-jobs.ts'
import { cancelJob, deleteBundle, deleteJob, resetJob } from './statements/operate-jobs.ts'
import { bundleOf, readBundle } from './statements/read-bundle.ts'
import { attemptOf, jobOf, readAttempts, readJobs, readStats, statsOf } from './statements/read-jobs.ts'
import { readOldestWaiting } from './statements/read-readiness.ts'
import { StopWatch } from './stop-watch.ts'

/** The whole service, answered with PostgreSQL. Each method says what is asked; how, is said by the files it calls. */
export class PostgresService implements WorkerService {
  readonly work: PostgresWork
  readonly #database: Database
  readonly #statements: Statements
  readonly #origin: string
  readonly #plainLane: AddLane
  readonly #keyedLane: AddLane
  readonly #hints: Hints
  readonly #dispatcher: Dispatcher
  readonly #stopWatch: StopWatch
  #handicap: string | undefined

  constructor(options: CheckedOptions) {
    this.#statements = statementsFor(options.schema)
    this.#database = new Database(options.connection, readiness(this.#statements, options))
    this.#origin = options.origin
    this.#plainLane = new AddLane(this.#database, (jobs) => addPlainJobs(this.#statements, jobs))
    // Keys can make a statement wait for somebody's open transaction; jobs without keys never wait behind it.
    this.#keyedLane = new AddLane(this.#database, (jobs) => addKeyedJobs(this.#statements, jobs))
    this.#hints = new Hints(options, this.#database, this.#statements)
    this.#dispatcher = new Dispatcher(this.#database, this.#statements, this, options.logger)
    this.#stopWatch = new StopWatch((listener) => this.addListener(listener))
    this.work = this.#startWork(options, connectionConfig(options))
  }

  async add<D extends JobDefinition>(
    definition: D,
    payload: PayloadInput<D>,
    options: JobOptions = {},
  ): Promise<AddResult> {
    this.#open()
    const job = prepareJob(
      await descOf(checkedDefinition(definition), payload, options),
      this.#origin,
      'options',
    )
    return (job.uniqueKey === null ? this.#plainLane : this.#keyedLane).add(job)
  }

  async addMany(jobs: JobDescs): Promise<readonly AddResult[]> {
    this.#open()
    return addMany(this.#adding(), jobs)
  }

  async addBundle(bundle: BundleSpec): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    this.#open()
    return addBundle(this.#adding(), bundle)
  }

  async addToBundle(bundleId: BundleId, jobs: JobDescs): Promise<readonly AddResult[]> {
    this.#open()
    return addToBundle(this.#adding(), bundleId, jobs)
  }

  async sealBundle(bundleId: BundleId): Promise<void> {
    const id = checkedId(bundleId, 'bundleId')
    const [answer] = await this.#database.ask(sealBundle(this.#statements, id))
    if (answer?.found !== true) throw new NotFoundError('bundle', id)
  }

  async getJob<D extends JobDefinition>(
    jobId: JobId,
    as?: D,
  ): Promise<Job<PayloadInput<D>, ResultOf<D>> | null> {
    const id = checkedId(jobId, 'jobId')
    const [row] = await this.#database.ask(readJobs(this.#statements, { id, limit: 1 }))
    const job = row === undefined ? null : jobOf(row).job
    if (job !== null && as !== undefined && job.type !== as.type) {
      throw new InvalidInputError('wrong_type', 'as', `is ${as.type}, but job ${id} is of type ${job.type}.`)
    }
    return job as Job<PayloadInput<D>, ResultOf<D>> | null
  }

  async getJobs(filter: JobFilter = {}): Promise<JobPage> {
    const wish = checkedWish(filter)
    const rows = (
      await this.#database.ask(readJobs(this.#statements, { ...wish, limit: wish.limit + 1 }))
    ).map(jobOf)
    const page = rows.slice(0, wish.limit)
    return {
      jobs: page.map(({ job }) => job),
      next: rows.length > wish.limit ? String(page.at(-1)?.seq) : null,
    }
  }

  async getAttempts(jobId: JobId): Promise<readonly JobAttempt[]> {
    return (await this.#database.ask(readAttempts(this.#statements, checkedId(jobId, 'jobId')))).map(
      attemptOf,
    )
  }

  async getJobBundle(bundleId: BundleId): Promise<JobBundle | null> {
    const bundle = await this.#readBundle(bundleId)
    if (bundle === null) return null
    const jobs: Job[] = []
    for (let after: string | undefined, more = true; more; ) {
      const page = await this.getJobs({ bundleId, limit: 1_000, after })
      jobs.push(...page.jobs)
      after = page.next ?? undefined
      more = page.next !== null
    }
    return { ...bundle, jobs }
  }

  async getBundleState(bundleId: BundleId): Promise<BundleState> {
    const bundle = await this.#readBundle(bundleId)
    if (bundle === null) throw new NotFoundError('bundle', bundleId)
    return bundleStateOf(
      bundle,
      (id) => this.#readBundle(id),
      (...watched) => this.#stopWatch.changed(...watched),
    )
  }

  async getStats(): Promise<Stats> {
    return statsOf(await this.#database.ask(readStats(this.#statements)))
  }

  async getRunState<D extends JobDefinition = JobDefinition>(jobId: JobId, as?: D): Promise<RunState<D>> {
    const job = await this.getJob(jobId, as)
    if (job === null) throw new NotFoundError('job', jobId)
    return runStateOf<D>(
      job,
      (id) => this.getJob(id),
      (...watched) => this.#stopWatch.changed(...watched),
    )
  }

  async resetJob(
    jobId: JobId,
    options: { ifRunning?: 'refuse' | 'cancel' | undefined } = {},
  ): Promise<boolean> {
    refuseUnknown(options, ['ifRunning'], 'options')
    const id = checkedId(jobId, 'jobId')
    const [answer] = await this.#database.ask(resetJob(this.#statements, id, options.ifRunning === 'cancel'))
    if (answer?.verdict === 'running') throw new JobRunningError(id)
    return answer?.verdict === 'reset' || answer?.verdict === 'requested'
  }

  async cancelJob(jobId: JobId): Promise<'cancelled' | 'requested' | 'alreadyStopped' | 'notFound'> {
    const [answer] = await this.#database.ask(cancelJob(this.#statements, checkedId(jobId, 'jobId')))
    return answer?.verdict ?? 'notFound'
  }

  async deleteJob(jobId: JobId): Promise<boolean> {
    const [answer] = await this.#database.ask(deleteJob(this.#statements, checkedId(jobId, 'jobId')))
    return answer?.found ?? false
  }

  async deleteJobBundle(bundleId: BundleId): Promise<boolean> {
    const [answer] = await this.#database.ask(deleteBundle(this.#statements, checkedId(bundleId, 'bundleId')))
    return answer?.found ?? false
  }

  async addListener(listener: ServiceListener, options: ListenerOptions = {}): Promise<RemoveListener> {
    this.#open()
    refuseUnknown(options, ['jobType', 'bundleType'], 'options')
    await this.#hints.listen({
      hint: (hint) => hint === 'event' && this.#dispatcher.wake(),
      resync: () => this.#dispatcher.resync(),
    })
    return this.#dispatcher.add(listener, options)
  }

  async removeAllListeners(): Promise<void> {
    await this.#dispatcher.removeAll()
  }

  async health(): Promise<Health> {
    this.#open()
    const reasons = [this.#hints.trouble, this.#handicap].filter((reason) => reason !== undefined)
    const listen = this.#hints.state
    try {
      const [row] = await this.#database.once(readOldestWaiting(this.#statements))
      return {
        status: reasons.length > 0 ? 'degraded' : 'ok',
        database: 'ok',
        listen,
        oldestWaitingAge: Number(row?.ms ?? 0),
        reasons,
      }
    } catch (error) {
      return {
        status: 'down',
        database: 'down',
        listen,
        oldestWaitingAge: 0,
        reasons: [(error as Error).message, ...reasons],
      }
    }
  }

  async close(): Promise<void> {
    this.#open()
    await Promise.all([this.#plainLane.drained(), this.#keyedLane.drained()])
    await this.#dispatcher.removeAll()
    await this.#hints.close()
    await this.#database.close()
  }

  #startWork(options: CheckedOptions, heartbeatConfig: pg.ClientConfig): PostgresWork {
    return new PostgresWork({
      queue: () => this,
      database: this.#database,
      statements: this.#statements,
      logger: options.logger,
      heartbeatConfig,
      onHint: (hint) => this.#hints.listen({ hint, resync: () => hint('due') }),
      dueCanary: () => this.#hints.dueCanary(),
      canHear: () => this.#hints.state === 'ok',
      handicap: (reason) => {
        this.#handicap = reason
      },
    })
  }

  #adding() {
    return { database: this.#database, statements: this.#statements, origin: this.#origin }
  }

  async #readBundle(bundleId: BundleId): Promise<Omit<JobBundle, 'jobs'> | null> {
    const [row] = await this.#database.ask(readBundle(this.#statements, checkedId(bundleId, 'bundleId')))
    return row === undefined ? null : bundleOf(row)
  }

  #open(): void {
    if (this.#database.closed) throw new ClosedError()
  }
}

function checkedDefinition(definition: JobDefinition): JobDefinition {
  if (typeof (definition as Partial<JobDefinition> | null)?.with === 'function') return definition
  throw new InvalidInputError(
    'invalid_definition',
    'job',
    `${typeof definition === 'string' ? `'${definition}'` : typeof definition} is no job definition. Give what defineJob(type, { payload }) returned.`,
  )
}
