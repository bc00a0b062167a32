import type { DbHandle, WorkerService } from '@jq/core'

/** A queue of its own and what a test may do to it beside using it. Each test gets a new one. */
export interface Universe {
  readonly queue: WorkerService
  /** Lets this much time pass for everything that is stored: heartbeats grow old, what is planned falls due. */
  age(ms: number): Promise<void>
  /** Does now what processes that work do about once a minute: clears away what nobody needs. */
  keep(): Promise<void>
  /** What must never be true of the stored state, each in a line: jobs in two places, counts that are not the members'. */
  broken(): Promise<readonly string[]>
  /** A transaction of a caller's: it commits once `fn` resolves, and is rolled back if `fn` throws. */
  transaction<T>(fn: (db: DbHandle) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Makes a new universe. */
export type BigBang = () => Promise<Universe>
