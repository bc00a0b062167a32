import type { Job } from './job.ts'

/** Names the method by which a worker runs a job's handler at once, in the caller's asynchronous context. */
export const runInline: unique symbol = Symbol('runInline')

/** A worker that can be asked so: what `createWorker` makes. */
export interface InlineWorker {
  /**
   * Without an attempt, a retry or a row anywhere.
   *
   * @param payloadVersion - at which its payload was written
   * @returns the result as JSON text
   * @throws whatever the handler throws, AttemptAbortedError where it takes too long, and InvalidInputError with reason
   * `no_handler`
   */
  [runInline](job: Job, payloadVersion: number): Promise<string | null>
}
