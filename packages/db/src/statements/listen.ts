import type { WantedKinds } from '@jq/core/internal'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import type { EventRow } from './event-row.ts'

/** Says, or says again, that this process listens; events are written only while somebody does. */
export function announceListener(
  { kysely, schema }: Statements,
  id: string,
  { jobs, bundles, changes }: WantedKinds,
): CompiledQuery<unknown> {
  return sql`
    insert into ${sql.table(`${schema}.listener`)} (id, jobs, bundles, changes)
    values (${id}, ${jobs}, ${bundles}, ${changes})
    on conflict (id) do update
    set jobs = excluded.jobs, bundles = excluded.bundles, changes = excluded.changes, seen_at = now()`.compile(
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
      will_retry, epoch, has_error, previous, current
    from ${sql.table(`${schema}.event`)}
    where (tx, id) > (${tx}::xid8, ${id}::bigint) and tx < pg_snapshot_xmin(pg_current_snapshot())
      and not pg_visible_in_snapshot(tx, ${snapshot}::pg_snapshot)
    order by tx, id limit ${EVENTS_A_PAGE}`.compile(kysely)
}
