import type {
  Duration,
  Job,
  JobDefinition,
  Json,
  Logger,
  NextRun,
  PayloadOf,
  ResultOf,
  RetryRule,
  WorkerService,
} from '@jq/core'
import { defineJob } from '@jq/core'
import type { InlineWorker } from '@jq/core/internal'
import { until } from '../until.ts'
import { inUniverse } from './in-universe.ts'
import { schemaOf } from './schema-of.ts'
import type { BigBang, Universe } from './universe.ts'

/** What these tests ask of a worker, in its own words: it is given to them, since this room does not know it. */
export interface ConformingWorker extends InlineWorker {
  readonly id: string
  register<D extends JobDefinition>(
    job: D,
    handler: ConformingHandler<D>,
    options?: ConformingHandlerOptions,
  ): this
  registerFunction<D extends JobDefinition<string, any, readonly unknown[]>>(
    job: D,
    fn: (...args: Extract<PayloadOf<D>, readonly unknown[]>) => ResultOf<D> | Promise<ResultOf<D>>,
    options?: ConformingHandlerOptions,
  ): this
  registerSchedule(name: string, rule: NextRun): this
  unregister(...jobTypes: readonly string[]): this
  registeredJobTypes(): readonly string[]
  startThreads(numThreads: number, options?: { signal?: AbortSignal | undefined }): Promise<void>
  finishThreads(options?: { timeout?: Duration | undefined }): Promise<{ finished: number; released: number }>
  stopThreads(): Promise<void>
  runOnce(options?: {
    maxJobs?: number | undefined
    timeout?: Duration | undefined
  }): Promise<{ run: number }>
}

export type ConformingHandler<D extends JobDefinition> = (
  payload: PayloadOf<D>,
  context: {
    readonly job: Job<PayloadOf<D>>
    readonly signal: AbortSignal
    readonly fence: { readonly jobId: string; readonly attempt: number }
    readonly log: Logger
    setProgress(progress: Json): Promise<void>
  },
) => ResultOf<D> | Promise<ResultOf<D>>

export interface ConformingHandlerOptions {
  concurrency?: number | undefined
  timeout?: Duration | undefined
  maxRetryCount?: number | undefined
  maxTimeoutRetryCount?: number | undefined
  retryRule?: RetryRule | undefined
}

export interface ConformingWorkerOptions {
  heartbeatInterval?: Duration | undefined
  deadFor?: Duration | undefined
  reapInterval?: Duration | undefined
  pollInterval?: Duration | undefined
  prefetch?: number | undefined
  schedules?: boolean | undefined
  timeout?: Duration | undefined
  maxRetryCount?: number | undefined
  maxTimeoutRetryCount?: number | undefined
  logger?: Logger | undefined
  onError?: ((error: Error) => void) | undefined
}

export type CreateWorker = (queue: WorkerService, options?: ConformingWorkerOptions) => ConformingWorker

/** Kinds of jobs for these tests. */
export const work = defineJob('work', {
  payload: schemaOf((input: { n?: number }) => ({ n: wholeNumber(input.n ?? 0) })),
  result: schemaOf((result: unknown) => result),
})
export const other = defineJob('other', { payload: schemaOf((input: unknown) => input) })

function wholeNumber(n: unknown): number {
  if (Number.isInteger(n)) return n as number
  throw new Error(`${n} is no whole number`)
}

/** A universe with workers in it. */
export class Workshop {
  readonly queue: WorkerService
  readonly universe: Universe
  readonly createWorker: CreateWorker
  readonly #workers: ConformingWorker[] = []

  constructor(universe: Universe, createWorker: CreateWorker) {
    this.queue = universe.queue
    this.universe = universe
    this.createWorker = createWorker
  }

  /** A worker with short times, which is stopped at the end of the test. */
  worker(options: ConformingWorkerOptions = {}, queue: WorkerService = this.queue): ConformingWorker {
    const worker = this.createWorker(queue, {
      heartbeatInterval: '1s',
      deadFor: '3s',
      reapInterval: '1s',
      ...options,
    })
    this.#workers.push(worker)
    return worker
  }

  /** Waits until this job runs, or any. */
  async running(id?: string): Promise<void> {
    await until('the job runs', async () =>
      id === undefined
        ? (await this.queue.getStats()).running > 0
        : (await this.queue.getJob(id))?.state === 'running',
    )
  }

  stopped(id: string): Promise<Job> {
    return until('the job has stopped', async () => {
      const job = await this.queue.getJob(id)
      return job?.stoppedAt ? job : null
    })
  }

  async close(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.stopThreads()))
  }
}

/** Makes tests, each with a workshop in a universe of its own, in which nothing is broken at its end. */
export function workshopsOf(bigBang: BigBang, createWorker: CreateWorker) {
  return (promise: string, body: (workshop: Workshop) => Promise<void>): void =>
    inUniverse(bigBang, promise, async (universe) => {
      const workshop = new Workshop(universe, createWorker)
      try {
        await body(workshop)
      } finally {
        await workshop.close()
      }
    })
}
