import type {
  Duration,
  Job,
  JobDefinition,
  JobId,
  Json,
  Logger,
  PayloadOf,
  ResultOf,
  RetryRule,
} from '@jq/core'
import type { Transaction } from 'kysely'
import type { ClientBase } from 'pg'

/** What a handler is told beside its payload. Each part is made when it is looked at: take what you need out of it, a copy has nothing. */
export interface HandlerContext<D extends JobDefinition = JobDefinition> {
  readonly job: Job<PayloadOf<D>>
  /** Its reason is an AttemptAbortedError. */
  readonly signal: AbortSignal
  /** Strictly rising per job for ever: hand it to outside systems that can refuse an older one. */
  readonly fence: { readonly jobId: JobId; readonly attempt: number }
  /**
   * Each line carries the job's id, type and attempt. It goes to the worker's logger, and is kept with the attempt for
   * `jobqueue.getLog(jobId)`: up to 200 lines or 64 KiB an attempt; how many more there were is said by one last line.
   */
  readonly log: Logger
  /** @throws AttemptLostError, and InvalidInputError for what JSON cannot hold */
  setProgress(progress: Json): Promise<void>
  /**
   * What `fn` writes and the job's success, with what `fn` returns as its result, commit together, or not at all; a lost attempt
   * rolls both back. The job is settled then: whatever the handler does or returns afterwards changes nothing.
   * Idiom: `return transaction(async (trx, client) => …)`.
   *
   * @throws AttemptLostError, and whatever `fn` throws
   */
  transaction(fn: (trx: Transaction<any>, client: ClientBase) => Promise<ResultOf<D>>): Promise<ResultOf<D>>
}

/** Runs in `runWithService` of its worker's queue: `jobqueue.add(next, payload)` in any file it calls goes there. */
export type Handler<D extends JobDefinition> = (
  payload: PayloadOf<D>,
  context: HandlerContext<D>,
) => Returned<ResultOf<D>>

/** What a handler returns: its result, or a promise of it. */
export type Returned<Result> = Result | PromiseLike<Result> | ResultPromise<Result>

/**
 * A promise of the result by another name. Nobody makes one, and nobody need: any promise of it will do. Where a handler's promise
 * holds something else, the compiler explains the mistake by this member, in one line that shows both, instead of unwrapping the
 * union, the promise and the object in a line each.
 */
export interface ResultPromise<Result> extends Promise<Result> {
  readonly [resultOfTheDefinition]: Result
}
declare const resultOfTheDefinition: unique symbol

export interface HandlerOptions {
  /** Running at once in this process. */
  concurrency?: number | undefined
  /** Longest time of one attempt; 0 switches it off. A job's own wins over it, and it over the worker's. */
  timeout?: Duration | undefined
  maxRetryCount?: number | undefined
  maxTimeoutRetryCount?: number | undefined
  /** @defaultValue exponentialBackoff(): 2 s, 4 s, 8 s … with jitter */
  retryRule?: RetryRule | undefined
}
