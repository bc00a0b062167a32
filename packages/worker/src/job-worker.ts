import type { Duration, JobDefinition, NextRun, PayloadOf, ResultOf, WorkerObserver } from '@jq/core'
import type { InlineWorker } from '@jq/core/internal'
import type { Handler, HandlerOptions, Returned } from './handler.ts'
import type { IsolatedHandlerOptions } from './isolation/isolated-options.ts'

/** A worker process's handlers and threads. */
export interface JobWorker extends InlineWorker {
  readonly id: string
  /** Before `startThreads` only; a type has one handler. */
  register<D extends JobDefinition>(job: D, handler: Handler<D>, options?: HandlerOptions): this
  /** The same for a job that is a function: its arguments are the payload. */
  registerFunction<D extends JobDefinition<string, any, readonly unknown[]>>(
    job: D,
    fn: (...args: Extract<PayloadOf<D>, readonly unknown[]>) => Returned<ResultOf<D>>,
    options?: HandlerOptions,
  ): this
  /**
   * The same for a handler that is the default export of a module, which runs in a thread or process of its own: work that keeps a
   * processor busy, or may eat all memory, disturbs no other job. One second after its signal aborted, as by a time-out, it is killed.
   * `context.transaction`, and `jobqueue`, are not there; payload, result, progress and what it logs or throws are sent, by structured
   * clone.
   *
   * @throws InvalidInputError
   * @example
   * worker.registerIsolated(shrink, new URL('./shrink.js', import.meta.url), { in: 'process', memoryLimitMb: 512 })
   */
  registerIsolated<D extends JobDefinition>(job: D, file: URL, options?: IsolatedHandlerOptions): this
  /**
   * A rule for schedules that name it: it answers the time after the one it is given, or null to end them. Before `startThreads` only;
   * a name has one rule. Give the same to every process that runs schedules; where none knows it, its schedules have no ticks.
   */
  registerSchedule(name: string, rule: NextRun): this
  unregister(...jobTypes: readonly string[]): this
  registeredJobTypes(): readonly string[]
  /**
   * Tells what it does to whoever measures it, in this process, from now on until the returned function is called. While nobody
   * observes, nothing is noted. `@jq/metrics` and `@jq/otel` use it.
   */
  observe(observer: WorkerObserver): () => void
  /**
   * N loops that claim, run and settle. Resolves when it listens and the first claim has begun.
   *
   * @param options - `signal`: when it aborts, the threads stop as by `stopThreads`
   */
  startThreads(numThreads: number, options?: { signal?: AbortSignal | undefined }): Promise<void>
  /**
   * No claim begins after the call; running jobs finish; past `timeout` they are aborted and released, nothing spent. Default:
   * no limit; in containers give less than the grace period.
   */
  finishThreads(options?: { timeout?: Duration | undefined }): Promise<{ finished: number; released: number }>
  /** The same without waiting for running jobs: they are aborted and released. */
  stopThreads(): Promise<void>
  /**
   * Runs what is due now, ten jobs at a time (a handler's own `concurrency` bounds it further), then returns: for tests,
   * functions that a timer calls, and scripts. It needs no threads and no LISTEN, and is refused while threads run.
   *
   * What its handlers add and is due at once runs too, and so do retries; what is due later is not waited for. It ends early once
   * `maxJobs` attempts were begun, which run to their end, and past `timeout`: then what still runs is aborted and released, as
   * by `finishThreads`. Calling that meanwhile ends it as well. `prefetch` is of no account here.
   *
   * @returns `run`: attempts that ran, whatever their outcome
   * @throws InvalidInputError, and what the database, or the way to it, answers where it cannot be asked: within `timeout`, if it
   * cannot even be joined
   */
  runOnce(options?: {
    maxJobs?: number | undefined
    timeout?: Duration | undefined
  }): Promise<{ run: number }>
}
