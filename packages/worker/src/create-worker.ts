import { hostname } from 'node:os'
import {
  type Duration,
  InvalidInputError,
  type Job,
  type JobDefinition,
  type NextRun,
  type PayloadOf,
  type ResultOf,
  type WorkerObserver,
  type WorkerService,
} from '@jq/core'
import {
  checkedDefinition,
  durationMs,
  isFunctionJob,
  newId,
  refuseUnknown,
  runInline,
  shown,
  type WorkerEntry,
} from '@jq/core/internal'
import { Deadline } from './deadline.ts'
import type { Handler, HandlerOptions } from './handler.ts'
import { Handlers } from './handlers.ts'
import { Cells } from './isolation/cells.ts'
import { type IsolatedHandlerOptions, isolationOf } from './isolation/isolated-options.ts'
import type { JobWorker } from './job-worker.ts'
import { Observers } from './observers.ts'
import { addRule } from './rules.ts'
import { runAtOnce } from './run-at-once.ts'
import { RunOnce } from './run-once.ts'
import { Tally } from './tally.ts'
import { Threads } from './threads.ts'
import { version } from './version.ts'
import { checkedCount, type WorkerOptions, type WorkerSettings, workerSettings } from './worker-options.ts'

/**
 * A worker of this queue, without threads yet.
 *
 * @throws InvalidInputError for options that cannot be, such as a `deadFor` below 3 × `heartbeatInterval`
 * @example
 * const worker = createWorker(queue).register(resizeImage, async ({ url }) => resize(url))
 * await worker.startThreads(4)
 */
export function createWorker(jobqueue: WorkerService, options: WorkerOptions = {}): JobWorker {
  return new QueueWorker(checkedService(jobqueue), workerSettings(options))
}

/** How many jobs `runOnce` runs at a time: as many as a pool of the driver has connections for. */
const AT_ONCE = 10

/** What works for a worker between a start and an end. */
interface Working {
  finish(timeoutMs: number | null): Promise<{ finished: number; released: number }>
}

class QueueWorker implements JobWorker {
  readonly id = newId()
  readonly #service: WorkerService
  readonly #settings: WorkerSettings
  readonly #handlers: Handlers
  readonly #rules = new Map<string, NextRun>()
  readonly #tally = new Tally()
  readonly #observers = new Observers(this.id)
  /** Of isolated handlers, by job type. */
  readonly #cells = new Map<string, Cells>()
  #threads: Promise<Working> | undefined

  constructor(service: WorkerService, settings: WorkerSettings) {
    this.#service = service
    this.#settings = settings
    this.#handlers = new Handlers(settings)
  }

  register<D extends JobDefinition>(job: D, handler: Handler<D>, options: HandlerOptions = {}): this {
    this.#refuseWhileRunning('register')
    this.#handlers.register(job, handler as Handler<JobDefinition>, options)
    return this
  }

  registerFunction<D extends JobDefinition<string, any, readonly unknown[]>>(
    job: D,
    fn: (...args: Extract<PayloadOf<D>, readonly unknown[]>) => ResultOf<D> | Promise<ResultOf<D>>,
    options: HandlerOptions = {},
  ): this {
    if (!isFunctionJob(checkedDefinition(job)))
      throw new InvalidInputError(
        'invalid_definition',
        'job',
        `${job.type} is no function job: nothing says that its payload is a list of arguments. Define it with defineFunctionJob(type, { args }), or give its handler to register.`,
      )
    if (typeof fn !== 'function')
      throw new InvalidInputError('invalid_handler', 'fn', `${typeof fn} is no function.`)
    const handler: Handler<D> = (args) => fn(...(args as Extract<PayloadOf<D>, readonly unknown[]>))
    return this.register(job, handler, options)
  }

  registerIsolated<D extends JobDefinition>(job: D, file: URL, given: IsolatedHandlerOptions = {}): this {
    const { settings, options } = isolationOf(file, given)
    const cells = new Cells(settings)
    this.register(job, cells.handler, options)
    this.#cells.set(job.type, cells)
    return this
  }

  registerSchedule(name: string, rule: NextRun): this {
    this.#refuseWhileRunning('registerSchedule')
    addRule(this.#rules, name, rule)
    return this
  }

  unregister(...jobTypes: readonly string[]): this {
    this.#refuseWhileRunning('unregister')
    this.#handlers.unregister(jobTypes)
    for (const type of jobTypes) {
      void this.#cells.get(type)?.end() // a job that a test ran at once may have left one
      this.#cells.delete(type)
    }
    return this
  }

  observe(observer: WorkerObserver): () => void {
    return this.#observers.add(observer)
  }

  registeredJobTypes(): readonly string[] {
    return this.#handlers.types()
  }

  async startThreads(numThreads: number, options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    refuseUnknown(options, ['signal'], 'options')
    if (!(Number.isInteger(numThreads) && numThreads >= 1 && numThreads <= 10_000)) {
      throw new InvalidInputError(
        'invalid_thread_count',
        'numThreads',
        `${numThreads} will not do. Give a whole number from 1 to 10000.`,
      )
    }
    this.#refuseWhileRunning('startThreads')
    options.signal?.throwIfAborted()
    this.#threads = this.#started(numThreads)
    options.signal?.addEventListener('abort', () => void this.stopThreads(), { once: true })
    await this.#threads
  }

  async finishThreads(
    options: { timeout?: Duration | undefined } = {},
  ): Promise<{ finished: number; released: number }> {
    refuseUnknown(options, ['timeout'], 'options')
    return this.#stop(options.timeout === undefined ? null : durationMs(options.timeout, 'options.timeout'))
  }

  async stopThreads(): Promise<void> {
    await this.#stop(0)
  }

  async runOnce(
    options: { maxJobs?: number | undefined; timeout?: Duration | undefined } = {},
  ): Promise<{ run: number }> {
    refuseUnknown(options, ['maxJobs', 'timeout'], 'options')
    const { maxJobs, timeout } = options
    const most =
      maxJobs === undefined
        ? Number.POSITIVE_INFINITY
        : checkedCount(maxJobs, 1_000_000_000, 'options.maxJobs')
    const timeoutMs = timeout === undefined ? null : checkedTimeout(timeout)
    this.#refuseWhileRunning('runOnce')
    const deadline = new Deadline(timeoutMs)
    const starting = this.#startedOnce(most, deadline.signal)
    this.#threads = starting
    try {
      const running = await starting
      deadline.whenOver(() => void running.finish(0))
      return { run: await running.ended }
    } finally {
      deadline.clear()
      await this.#endCells()
      if (this.#threads === starting) this.#threads = undefined
    }
  }

  async [runInline](job: Job, payloadVersion: number): Promise<string | null> {
    const handler = this.#handlers.of(job.type)
    if (handler === undefined) {
      throw new InvalidInputError(
        'no_handler',
        'job',
        `${job.type} has no handler in this worker, so that it cannot run at once. Register one, or ignore its jobs with withIgnoredJobs.`,
      )
    }
    const { work } = this.#service
    const logger = this.#settings.logger ?? work.logger
    return runAtOnce(job, payloadVersion, handler, {
      work,
      workerId: this.id,
      logger,
      onError: () => undefined,
    })
  }

  async #started(numThreads: number): Promise<Threads> {
    try {
      const entry = this.#entry(numThreads)
      const own = { rules: this.#rules, tally: this.#tally, observers: this.#observers }
      return await Threads.start(this.#service.work, entry, this.#handlers, this.#settings, own)
    } catch (error) {
      this.#threads = undefined
      throw error
    }
  }

  #startedOnce(maxJobs: number, late: AbortSignal): Promise<RunOnce> {
    const entry = this.#entry(Math.min(AT_ONCE, maxJobs))
    const own = { rules: this.#rules, tally: this.#tally, observers: this.#observers }
    return RunOnce.start(this.#service.work, entry, this.#handlers, this.#settings, { ...own, maxJobs, late })
  }

  /** A second stop joins the first, and may hurry it. */
  async #stop(timeoutMs: number | null): Promise<{ finished: number; released: number }> {
    const starting = this.#threads
    if (starting === undefined) return { finished: 0, released: 0 }
    const threads = await starting.catch(() => undefined) // whoever called startThreads has the error
    const counts = (await threads?.finish(timeoutMs)) ?? { finished: 0, released: 0 }
    await this.#endCells()
    if (this.#threads === starting) this.#threads = undefined
    return counts
  }

  async #endCells(): Promise<void> {
    await Promise.all([...this.#cells.values()].map((cells) => cells.end()))
  }

  #entry(threads: number): WorkerEntry {
    return {
      id: this.id,
      host: hostname(),
      pid: process.pid,
      version,
      jobTypes: this.#handlers.names(),
      threads,
      heartbeatIntervalMs: this.#settings.heartbeatMs,
      deadForMs: this.#settings.deadForMs,
    }
  }

  #refuseWhileRunning(method: string): void {
    if (this.#threads === undefined) return
    throw new InvalidInputError(
      'threads_running',
      method,
      'cannot be called while threads run, or runOnce does. Call finishThreads first.',
    )
  }
}

/** The facade `jobqueue` may be another service at each call, and one that does nothing has no work. */
function checkedService(jobqueue: WorkerService): WorkerService {
  const { work, add } = (jobqueue ?? {}) as Partial<WorkerService>
  if (work?.kind === 'work') return jobqueue
  const what =
    typeof add === 'function'
      ? 'is a queue without work, such as the facade jobqueue or doNothingService()'
      : `${shown(jobqueue)} is no queue`
  throw new InvalidInputError(
    'invalid_queue',
    'jobqueue',
    `${what}. Give what createJobQueue(…) or createMemoryJobQueue() returned.`,
  )
}

function checkedTimeout(timeout: Duration): number {
  const ms = durationMs(timeout, 'options.timeout')
  if (ms > 0) return ms
  throw new InvalidInputError(
    'invalid_duration',
    'options.timeout',
    'is 0, in which nothing can run. Give a longer time, or leave it out for no limit.',
  )
}
