import type { Duration, SqlExecutor, WorkerService } from '@jq/core'
import { checkedDate, refuseUnknown } from '@jq/core/internal'
import { StandingClock } from './clock.ts'
import { MemoryService } from './memory-service.ts'
import { Tables } from './tables.ts'

/** A job queue in memory, whose time the test moves. */
export interface MemoryJobQueue extends WorkerService {
  /**
   * Lets this much time pass: what is due then becomes available, heartbeats are beaten, leases lapse of workers that beat more
   * rarely, and attempts time out whose deadline it reaches. Resolves when waiting threads have taken what fell due: the handlers
   * they have room for have begun, and the signals of those that took too long have aborted.
   */
  advance(by: Duration): Promise<void>
  /**
   * Runs `fn` in a transaction of this queue, whose handle goes into `{ db }`, as a client or a Kysely transaction does with
   * PostgreSQL. What is done with it is seen by itself, by nobody else before `fn` has resolved, and never was if `fn` throws:
   * nothing ran and nobody was told. Others go on meanwhile, and what they do is seen in it. Transactions that stand in each other
   * have nothing to do with each other. There is no SQL in memory: `db.query` refuses.
   *
   * @throws TransactionConflictError if meanwhile somebody changed what the transaction had been answered: run it again. Whatever
   * `fn` throws. ClosedError if the queue was closed meanwhile; then, too, nothing of it was done.
   * @example
   * await queue.transaction(async (db) => {
   *   await signUp('ada@example.com')
   *   await queue.add(sendMail, { to: 'ada@example.com' }, { db })
   * })
   */
  transaction<T>(fn: (db: SqlExecutor) => Promise<T>): Promise<T>
}

/**
 * Answers the whole service from memory, for tests. Its clock stands still but for `advance`, so that a job of tomorrow, the third
 * retry, or a time-out is a line of the test away, and none of them comes while the test looks elsewhere.
 *
 * @param options - `now`: where its clock begins, by default at the process's now
 * @throws InvalidInputError for options that cannot be
 * @example
 * const queue = createMemoryJobQueue()
 * await createWorker(queue).register(remind, send).startThreads(1)
 * await queue.add(remind, { userId: 7 }, { runAfter: '1d' })
 * await queue.advance('1d')
 */
export function createMemoryJobQueue(options: { now?: Date | undefined } = {}): MemoryJobQueue {
  refuseUnknown(options, ['now'], 'options')
  const now = checkedDate(options.now ?? new Date(), 'options.now')
  return new MemoryService(new Tables(new StandingClock(now.getTime())))
}
