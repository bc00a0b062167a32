import type { JobBundleStoppedEvent, JobStoppedEvent } from '@jq/core'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'

export interface ListenerRow {
  readonly id: string
  readonly jobs: boolean
  readonly bundles: boolean
}

/** Says, or says again, that this process listens; events are written only while somebody does. */
export function announceListener(
  { kysely, schema }: Statements,
  { id, jobs, bundles }: ListenerRow,
): CompiledQuery<unknown> {
  return sql`
    insert into ${sql.table(`${schema}.listener`)} (id, jobs, bundles) values (${id}, ${jobs}, ${bundles})
    on conflict (id) do update set jobs = excluded.jobs, bundles = excluded.bundles, seen_at = now()`.compile(
    kysely,
  )
}

export function dismissListener({ kysely, schema }: Statements, id: string): CompiledQuery<unknown> {
  return sql`delete from ${sql.table(`${schema}.listener`)} where id = ${id}`.compile(kysely)
}

/** The point of the outbox behind which a new listener begins, and what had been written then. */
export function outboxNow({ kysely }: Statements): CompiledQuery<{ snapshot: string; tx: string }> {
  return sql<{ snapshot: string; tx: string }>`
    select pg_current_snapshot()::text as snapshot, pg_snapshot_xmin(pg_current_snapshot())::text as tx`.compile(
    kysely,
  )
}

export interface EventRow {
  readonly tx: string
  readonly id: string
  readonly kind: 'j' | 'b'
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
}

/** Where a reader of the outbox stands. */
export interface Cursor {
  readonly tx: string
  readonly id: string
  /** What was visible when it began is not new to it. */
  readonly snapshot: string
}

export const EVENTS_A_PAGE = 500

/**
 * The next events. The cursor passes only transactions below the oldest one still open, so that none which commits late is
 * skipped: a cursor on the id alone lost a quarter of the events of eight writers.
 */
export function readEvents(
  { kysely, schema }: Statements,
  { tx, id, snapshot }: Cursor,
): CompiledQuery<EventRow> {
  return sql<EventRow>`
    select tx::text, id::text, kind::text, job_id::text, job_type, origin, bundle_id::text, bundle_type, attempt, outcome::text,
      will_retry, epoch, has_error
    from ${sql.table(`${schema}.event`)}
    where (tx, id) > (${tx}::xid8, ${id}::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot())
      and not pg_visible_in_snapshot(tx, ${snapshot}::pg_snapshot)
    order by tx, id limit ${EVENTS_A_PAGE}`.compile(kysely)
}

const OUTCOMES = { s: 'succeeded', f: 'failed', t: 'timedOut', k: 'crashed', c: 'cancelled' } as const

export function jobStopped(row: EventRow, getJob: JobStoppedEvent['getJob']): JobStoppedEvent {
  return {
    jobId: row.job_id,
    jobType: row.job_type,
    origin: row.origin,
    bundleId: row.bundle_id,
    attempt: row.attempt,
    outcome: OUTCOMES[row.outcome],
    willRetry: row.will_retry,
    getJob,
  }
}

export function bundleStopped(
  row: EventRow,
  getJobBundle: JobBundleStoppedEvent['getJobBundle'],
): JobBundleStoppedEvent {
  return {
    bundleId: row.bundle_id as string,
    bundleType: row.bundle_type,
    origin: row.origin,
    epoch: row.epoch,
    hasError: row.has_error,
    getJobBundle,
  }
}
