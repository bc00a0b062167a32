import type { WantedKinds } from '@jq/core/internal'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import type { EventRow } from './event-row.ts'

/** Says, or says again, that this process listens; events are written only while somebody does. */
export function announceListener(
  statements: Statements,
  id: string,
  { jobs, bundles, changes }: WantedKinds,
): CompiledQuery<unknown> {
  const args = { its_id: id, wants_jobs: jobs, wants_bundles: bundles, wants_changes: changes }
  return call(statements, 'announce_listener', args, 'null as done')
}

export function dismissListener(statements: Statements, id: string): CompiledQuery<unknown> {
  return call(statements, 'dismiss_listener', { its_id: id }, 'null as done')
}

/** The point of the outbox behind which a new listener begins, and what had been written then. */
export function outboxNow({ kysely }: Statements): CompiledQuery<{ snapshot: string; tx: string }> {
  return sql<{ snapshot: string; tx: string }>`
    select pg_current_snapshot()::text as snapshot, pg_snapshot_xmin(pg_current_snapshot())::text as tx`.compile(
    kysely,
  )
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
 * skipped: a cursor on the id alone lost a quarter of the events of eight writers. A bare `order by tx, id` would mean the texts
 * that are selected, by which 100 comes before 99: events were told twice, or never, where a number gained a digit.
 */
export function readEvents(
  { kysely, schema }: Statements,
  { tx, id, snapshot }: Cursor,
): CompiledQuery<EventRow> {
  return sql<EventRow>`
    select e.tx::text, e.id::text, e.kind::text, e.job_id::text, e.job_type, e.origin, e.bundle_id::text, e.bundle_type, e.attempt,
      e.outcome::text, e.will_retry, e.epoch, e.has_error, e.previous, e.current, e.schedule_name, e.schedule_key
    from ${sql.table(`${schema}.event`)} e
    where (e.tx, e.id) > (${tx}::xid8, ${id}::bigint) and e.tx < pg_snapshot_xmin(pg_current_snapshot())
      and not pg_visible_in_snapshot(e.tx, ${snapshot}::pg_snapshot)
    order by e.tx, e.id limit ${EVENTS_A_PAGE}`.compile(kysely)
}
