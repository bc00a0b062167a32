import { setImmediate, setTimeout } from 'node:timers/promises'
import {
  type AddResult,
  type BundleId,
  type BundleSpec,
  type BundleState,
  ClosedError,
  type Duration,
  type Health,
  type InTransaction,
  InvalidInputError,
  type Job,
  type JobAttempt,
  type JobBundle,
  type JobDefinition,
  type JobDesc,
  type JobDescs,
  type JobFilter,
  type JobId,
  type JobOptions,
  type JobPage,
  JobRunningError,
  type ListenerOptions,
  NotFoundError,
  type Page,
  type PayloadInput,
  type RemoveListener,
  type ResultOf,
  type RunState,
  type ServiceListener,
  type Stats,
  type Status,
  type WorkerService,
} from '@jq/core'
import {
  bundleStateOf,
  type Chunk,
  checkedDate,
  checkedDefinition,
  checkedId,
  checkedJobType,
  checkedText,
  checkedToDo,
  checkedWish,
  chunksOf,
  descOf,
  durationMs,
  emptyBundle,
  jobAs,
  type PreparedJob,
  prepareBundle,
  prepareJob,
  refuseUnknown,
  resultsOf,
  runStateOf,
  type ScopedService,
  StopWatch,
  testScope,
} from '@jq/core/internal'
import { Commits } from './commits.ts'
import { sealBundle } from './count-members.ts'
import { promoteJobs } from './look.ts'
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
import { bundleOf, oldestWaitingMs, readStats } from './read-counts.ts'
import { attemptOf, jobOf, readJobs, readJobsToDo, readMembers } from './read-jobs.ts'
import { storeBundle, storeMembers } from './store-bundle.ts'
import { type Stored, storeJobs } from './store-jobs.ts'
import type { Tables } from './tables.ts'

const ORIGIN = 'unknown'

/** The whole service, answered from memory, under a clock that the test moves. */
export class MemoryService implements WorkerService {
  readonly work: MemoryWork
  readonly #tables: Tables
  readonly #commits: Commits
  readonly #stopWatch = new StopWatch((listener) => this.addListener(listener), pause)
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
   * Lets this much time pass. What is due then is available; heartbeats are beaten, and leases lapse of those that are not.
   * Resolves when waiting threads have taken what fell due: the handlers they have room for have begun.
   *
   * @throws InvalidInputError for what is no duration
   */
  async advance(by: Duration): Promise<void> {
    this.#open()
    this.#tables.clock.advance(durationMs(by, 'by'))
    this.#commits.do(promoteJobs)
    await setImmediate() // a worker that is woken claims in its next turn of the event loop, which comes before this one
  }

  async add<D extends JobDefinition>(
    definition: D,
    payload: PayloadInput<D>,
    options: JobOptions & InTransaction = {},
  ): Promise<AddResult> {
    this.#open()
    const { db, ...jobOptions } = options
    refuseTransaction({ db })
    const desc = await descOf(checkedDefinition(definition), payload, jobOptions)
    const insert = async (one: JobDesc) => this.#addOne(prepareJob(one, ORIGIN, 'options'))
    return testScope()?.add(this.#scoped(), desc, insert) ?? insert(desc)
  }

  async addMany(jobs: JobDescs, options: InTransaction = {}): Promise<readonly AddResult[]> {
    this.#open()
    refuseTransaction(options)
    const insert = (rest: JobDescs) => this.#addMany(rest)
    return testScope()?.addMany(this.#scoped(), jobs, insert) ?? insert(jobs)
  }

  async addBundle(
    bundle: BundleSpec,
    options: InTransaction = {},
  ): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    this.#open()
    refuseTransaction(options)
    const insert = (rest: BundleSpec) => this.#addBundle(rest)
    return testScope()?.addBundle(this.#scoped(), bundle, insert) ?? insert(bundle)
  }

  async addToBundle(
    bundleId: BundleId,
    jobs: JobDescs,
    options: InTransaction = {},
  ): Promise<readonly AddResult[]> {
    this.#open()
    refuseTransaction(options)
    const insert = (rest: JobDescs) => this.#addToBundle(checkedId(bundleId, 'bundleId'), rest)
    return testScope()?.addToBundle(this.#scoped(), bundleId, jobs, insert) ?? insert(jobs)
  }

  async sealBundle(bundleId: BundleId, options: InTransaction = {}): Promise<void> {
    this.#open()
    refuseTransaction(options)
    const id = checkedId(bundleId, 'bundleId')
    if (await testScope()?.sealBundle(this.#scoped(), id)) return
    if (!this.#commits.do((tables) => sealBundle(tables, id))) throw new NotFoundError('bundle', id)
  }

  async getJob<D extends JobDefinition>(
    jobId: JobId,
    as?: D,
  ): Promise<Job<PayloadInput<D>, ResultOf<D>> | null> {
    this.#open()
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

  async getJobBundle(bundleId: BundleId): Promise<JobBundle | null> {
    const bundle = await this.#readBundle(bundleId)
    return bundle === null ? null : { ...bundle, jobs: readMembers(this.#tables, bundle.id) }
  }

  async getBundleState(bundleId: BundleId): Promise<BundleState> {
    const bundle = await this.#readBundle(bundleId)
    if (bundle === null) throw new NotFoundError('bundle', bundleId)
    return bundleStateOf(
      bundle,
      (id) => this.#readBundle(id),
      (...watched) => this.#stopWatch.watch(...watched),
    )
  }

  async getAllJobsToDo(page: Page = {}): Promise<JobPage> {
    this.#open()
    return readJobsToDo(this.#tables, checkedToDo(page))
  }

  async getAllJobsStartedBefore(before: Date, page: Page = {}): Promise<JobPage> {
    this.#open()
    const startedBefore = checkedDate(before, 'before')
    return readJobs(this.#tables, { ...checkedWish({ ...page, state: 'running' }), startedBefore })
  }

  async getAllJobsWithErrors(page: Page = {}): Promise<JobPage> {
    return this.getJobs({ ...page, state: ['failed', 'dead'] })
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
    const job = await this.getJob(jobId, as)
    if (job === null) throw new NotFoundError('job', jobId)
    return runStateOf<D>(
      job,
      (id) => this.getJob(id),
      (...watched) => this.#stopWatch.watch(...watched),
    )
  }

  async resetJob(jobId: JobId, options: ResetOptions = {}): Promise<boolean> {
    const cancels = this.#cancels(options)
    const id = checkedId(jobId, 'jobId')
    const verdict = this.#commits.do((tables) => resetJob(tables, id, cancels))
    if (verdict === 'running') throw new JobRunningError(id)
    return verdict === 'reset' || verdict === 'requested'
  }

  async resetJobs(jobIds: readonly JobId[], options: ResetOptions = {}): Promise<number> {
    const cancels = this.#cancels(options)
    const ids = jobIds.map((id, place) => checkedId(id, `jobIds[${place}]`))
    const count = this.#commits.do((tables) => resetJobs(tables, ids, cancels))
    if (count === null)
      throw new JobRunningError(ids.length === 1 ? (ids[0] as JobId) : `among the ${ids.length}`)
    return count
  }

  async cancelJob(
    jobId: JobId,
    options: InTransaction = {},
  ): Promise<'cancelled' | 'requested' | 'alreadyStopped' | 'notFound'> {
    this.#open()
    refuseTransaction(options)
    const id = checkedId(jobId, 'jobId')
    return this.#commits.do((tables) => cancelJob(tables, id))
  }

  async cancelJobBundle(
    bundleId: BundleId,
    options: InTransaction = {},
  ): Promise<{ cancelled: number; requested: number } | null> {
    this.#open()
    refuseTransaction(options)
    const id = checkedId(bundleId, 'bundleId')
    return this.#commits.do((tables) => cancelBundle(tables, id))
  }

  async setJobStart(jobId: JobId, startAt: Date, options: InTransaction = {}): Promise<boolean> {
    this.#open()
    refuseTransaction(options)
    const id = checkedId(jobId, 'jobId')
    const at = checkedDate(startAt, 'startAt').getTime()
    const verdict = this.#commits.do((tables) => setJobStart(tables, id, at))
    if (verdict === 'running') throw new JobRunningError(id)
    return verdict === 'set'
  }

  async deleteJob(jobId: JobId, options: InTransaction = {}): Promise<boolean> {
    this.#open()
    refuseTransaction(options)
    const id = checkedId(jobId, 'jobId')
    return this.#commits.do((tables) => deleteJob(tables, id))
  }

  async deleteJobBundle(bundleId: BundleId, options: InTransaction = {}): Promise<boolean> {
    this.#open()
    refuseTransaction(options)
    const id = checkedId(bundleId, 'bundleId')
    return this.#commits.do((tables) => deleteBundle(tables, id))
  }

  async deleteFinishedJobs(options: { olderThan?: Duration | undefined } = {}): Promise<number> {
    this.#open()
    refuseUnknown(options, ['olderThan'], 'options')
    const olderThanMs = durationMs(options.olderThan ?? 0, 'options.olderThan')
    return this.#commits.do((tables) => deleteFinishedJobs(tables, olderThanMs))
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

  async addListener(listener: ServiceListener, options: ListenerOptions = {}): Promise<RemoveListener> {
    this.#open()
    refuseUnknown(options, ['jobType', 'bundleType'], 'options')
    const remove = this.#commits.listeners.add(listener, options)
    return async () => remove()
  }

  async removeAllListeners(): Promise<void> {
    this.#open()
    this.#commits.listeners.removeAll()
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
    this.work.close()
  }

  #addOne(job: PreparedJob): AddResult {
    const [stored] = this.#commits.do((tables) => storeJobs(tables, [job]))
    return { id: (stored as Stored).id, status: stored?.added ? 'added' : 'duplicate' }
  }

  async #addMany(jobs: JobDescs): Promise<readonly AddResult[]> {
    const chunks = await gathered(chunksOf(jobs, ORIGIN))
    return this.#commits.do((tables) =>
      chunks.flatMap((chunk) => resultsOf(chunk, storeJobs(tables, chunk.jobs))),
    )
  }

  async #addBundle(spec: BundleSpec): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    const bundle = prepareBundle(spec)
    const chunks = await gathered(chunksOf(spec.jobs, bundle.origin))
    if (chunks.length === 0 && bundle.sealed) throw emptyBundle()
    const stored = this.#commits.do((tables) =>
      storeBundle(
        tables,
        bundle,
        chunks.flatMap(({ jobs }) => jobs),
      ),
    )
    return { id: bundle.id, jobs: resultsOfAll(chunks, stored ?? chunks.flatMap(known)) }
  }

  async #addToBundle(id: BundleId, jobs: JobDescs): Promise<readonly AddResult[]> {
    const chunks = await gathered(chunksOf(jobs, this.#tables.bundles.get(id)?.origin ?? ORIGIN))
    const stored = this.#commits.do((tables) =>
      storeMembers(
        tables,
        id,
        chunks.flatMap(({ jobs }) => jobs),
      ),
    )
    return resultsOfAll(chunks, stored)
  }

  async #readBundle(bundleId: BundleId): Promise<Omit<JobBundle, 'jobs'> | null> {
    this.#open()
    const row = this.#tables.bundles.get(checkedId(bundleId, 'bundleId'))
    return row === undefined ? null : bundleOf(row)
  }

  #scoped(): ScopedService {
    return { origin: ORIGIN, listeners: this.#commits.listeners, now: () => new Date(this.#tables.now) }
  }

  #cancels(options: ResetOptions): boolean {
    this.#open()
    refuseUnknown(options, ['ifRunning', 'db'], 'options')
    refuseTransaction({ db: options.db })
    return options.ifRunning === 'cancel'
  }

  #open(): void {
    if (this.#closed) throw new ClosedError()
  }
}

type ResetOptions = { ifRunning?: 'refuse' | 'cancel' | undefined } & InTransaction

/** Everything is read and checked before the first of it is stored. */
async function gathered(chunks: AsyncIterable<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = []
  for await (const chunk of chunks) all.push(chunk)
  return all
}

/** What became of each entry of all chunks, whose jobs were stored in one list. */
function resultsOfAll(chunks: readonly Chunk[], stored: readonly Stored[]): AddResult[] {
  let from = 0
  return chunks.flatMap((chunk) => {
    const results = resultsOf(chunk, stored.slice(from, from + chunk.jobs.length))
    from += chunk.jobs.length
    return results
  })
}

function known({ jobs }: Chunk): Stored[] {
  return jobs.map(({ id }) => ({ id, added: false }))
}

/** @throws InvalidInputError with reason `not_a_transaction` for a handle of somebody else's */
function refuseTransaction(options: InTransaction): void {
  refuseUnknown(options, ['db'], 'options')
  if (options.db === undefined) return
  throw new InvalidInputError(
    'not_a_transaction',
    'options.db',
    'is no transaction of this queue, which lives in memory. Leave it out.',
  )
}

/** Waits for some real time; ends early, without an error, when the signal aborts. */
async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch(() => undefined)
}
