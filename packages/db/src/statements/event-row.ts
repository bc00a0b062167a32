import type { Job, JobBundle, JobState, ServiceEvent } from '@jq/core'

/** One event as the outbox holds it; what its kind has no use for is null. */
export interface EventRow {
  readonly tx: string
  readonly id: string
  readonly kind: 'j' | 'b' | 'c'
  readonly job_id: string
  readonly job_type: string
  readonly origin: string
  readonly bundle_id: string | null
  readonly bundle_type: string
  readonly attempt: number
  readonly outcome: keyof typeof OUTCOMES
  readonly will_retry: boolean
  readonly epoch: number
  readonly has_error: boolean
  readonly previous: JobState | null
  readonly current: JobState
  readonly schedule_name: string | null
  readonly schedule_key: string | null
}

const OUTCOMES = { s: 'succeeded', f: 'failed', t: 'timedOut', k: 'crashed', c: 'cancelled' } as const

/** What an event's own methods read, when a listener asks. */
export interface Reading {
  getJob(jobId: string): Promise<Job | null>
  getJobBundle(bundleId: string): Promise<JobBundle | null>
}

/** The event of a row, as listeners are told of it. */
export function eventOf(row: EventRow, reading: Reading): ServiceEvent {
  const { job_id: jobId, job_type: jobType, origin, bundle_id: bundleId } = row
  if (row.kind === 'c')
    return {
      kind: 'change',
      event: {
        ...{ jobId, jobType, scheduleName: row.schedule_name, scheduleKey: row.schedule_key },
        ...{ previous: row.previous, current: row.current },
      },
    }
  if (row.kind === 'j') {
    const how = { attempt: row.attempt, outcome: OUTCOMES[row.outcome], willRetry: row.will_retry }
    const getJob = () => reading.getJob(jobId)
    return { kind: 'job', event: { jobId, jobType, origin, bundleId, ...how, getJob } }
  }
  const id = bundleId as string
  const stop = { bundleType: row.bundle_type, origin, epoch: row.epoch, hasError: row.has_error }
  return { kind: 'bundle', event: { bundleId: id, ...stop, getJobBundle: () => reading.getJobBundle(id) } }
}

/** In the order in which they happened to one job: a transaction may be older than one whose job it went on with. */
export function inOrder<Row extends EventRow>(rows: readonly Row[]): readonly Row[] {
  return [...rows].sort((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1))
}
