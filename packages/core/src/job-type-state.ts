import type { JobLimit } from './job-limit.ts'

/** How the jobs of one type fare at this moment. */
export interface JobTypeState {
  readonly type: string
  /** That a thread could take now; neither planned ones nor retries before their time. Counted up to 10,000, and estimated above that. */
  readonly waiting: number
  readonly running: number
  /** For how long the first of those that wait could have been taken; 0 where none waits. */
  readonly oldestWaitingAgeMs: number
  /** When it was paused; null: it is not. */
  readonly pausedAt: Date | null
  /** As `setLimit` has it, durations in milliseconds; null: none. */
  readonly limit: JobLimit | null
  /** Living workers that handle it, under this name; 0: what waits will go on waiting. */
  readonly workers: number
}
