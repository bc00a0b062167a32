import type { Duration, Job, JobDefinition, Logger, PayloadOf, ResultOf, RetryRule } from '@jq/core'

/** A handler that is ready to be registered. */
export interface ReadyHandler<D extends JobDefinition> {
  readonly job: D
  handler(payload: PayloadOf<D>, context: AttemptSurroundings): Promise<ResultOf<D>>
  /**
   * Registers the handler for its job. The same by hand, also for a job of your own name with the same payload:
   * `worker.register(job, mails.handler, options)`.
   *
   * @example
   * const worker = mails.registerAt(createWorker(queue), { maxRetryCount: 5 })
   */
  registerAt<W extends HandlerRegistry>(worker: W, options?: HandlerSettings): W
  /** Closes its connections, once what is being sent has been sent. Call it behind `finishThreads`. */
  close(): Promise<void>
}

/** What a handler here needs of the context that a worker gives it. */
export interface AttemptSurroundings {
  readonly job: Job
  readonly signal: AbortSignal
  readonly log: Logger
}

/** Where a handler can be registered: a `JobWorker` of @jq/worker. */
export interface HandlerRegistry {
  register(
    job: JobDefinition,
    handler: (payload: any, context: AttemptSurroundings) => Promise<any>,
    options?: HandlerSettings,
  ): unknown
}

/** The options of `register`, as @jq/worker tells them. */
export interface HandlerSettings {
  concurrency?: number | undefined
  timeout?: Duration | undefined
  maxRetryCount?: number | undefined
  maxTimeoutRetryCount?: number | undefined
  retryRule?: RetryRule | undefined
}
