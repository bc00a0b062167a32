import type { JobState } from './job.ts'
import type { Stats } from './job-queue.ts'

/** All that a job can be. */
export const jobStates: readonly JobState[] = [
  'scheduled',
  'available',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'cancelled',
  'dead',
]

/** How many jobs are in each state, those without any included. */
export function statsOf(counts: Iterable<readonly [JobState, number]>): Stats {
  const none = Object.fromEntries(jobStates.map((state) => [state, 0]))
  return { ...none, ...Object.fromEntries(counts) } as Stats
}
