import type { Job, JobState, Stats } from '@jq/core'

/** What job-scheduler calls the states of a job. */
export type SeedStatus = 'pending' | 'running' | 'completed' | 'failed'

export const statesOf: Readonly<Record<SeedStatus, readonly JobState[]>> = {
  pending: ['scheduled', 'available', 'retrying'],
  running: ['running'],
  completed: ['succeeded'],
  failed: ['failed', 'cancelled', 'dead'],
}

export function seedStatusOf(state: JobState): SeedStatus {
  const words = Object.keys(statesOf) as SeedStatus[]
  return words.find((word) => statesOf[word].includes(state)) as SeedStatus
}

/** A job in the eleven fields of job-scheduler. */
export function seedJobOf(job: Job): Record<string, unknown> {
  return {
    id: job.id,
    type: job.type,
    payload: job.payload,
    status: seedStatusOf(job.state),
    attempts: job.attempt,
    max_attempts: attemptsOf(job.maxRetryCount),
    scheduled_at: job.startAt ?? job.createdAt,
    started_at: job.startedAt,
    completed_at: job.stoppedAt,
    created_at: job.createdAt,
    updated_at: job.updatedAt,
  }
}

export function seedStatsOf(stats: Stats): Record<SeedStatus, number> {
  const sum = (states: readonly JobState[]) => states.reduce((all, state) => all + stats[state], 0)
  return {
    completed: sum(statesOf.completed),
    failed: sum(statesOf.failed),
    pending: sum(statesOf.pending),
    running: sum(statesOf.running),
  }
}

/** Null: without a limit, or decided by the handler, which is not known here. What was posted here has a number. */
function attemptsOf(maxRetryCount: number | null): number | null {
  return maxRetryCount === null || maxRetryCount < 0 ? null : maxRetryCount + 1
}
