import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'

export interface ReadinessRow {
  readonly version: number
  /** The oldest version of which code works with this schema. */
  readonly oldest_reader: number
  readonly isolation: string
}

/** Asked once before the first statement: which version the schema has and whom it serves, and which isolation a transaction gets by default. */
export function readReadiness({ kysely, schema }: Statements): CompiledQuery<ReadinessRow> {
  return sql<ReadinessRow>`
    select version, oldest_reader, current_setting('default_transaction_isolation') as isolation
    from ${sql.table(`${schema}.schema_version`)} order by version desc limit 1`.compile(kysely)
}

/** Asked by health(): how long the oldest available job has waited, and what else is amiss, as a JSON list of sentences. */
export function readVitals({
  kysely,
  schema,
}: Statements): CompiledQuery<{ ms: string; troubles: string | null }> {
  return sql<{ ms: string; troubles: string | null }>`
    select ${sql.table(`${schema}.oldest_waiting_ms`)}()::text as ms,
      (select json_agg(t.trouble)::text from ${sql.table(`${schema}.troubles`)}() as t (trouble)) as troubles`.compile(
    kysely,
  )
}

/** Sends a notification to our own LISTEN connection, by way of another one. */
export function sendCanary({ kysely, schema }: Statements, canary: string): CompiledQuery<unknown> {
  return sql`select ${sql.table(`${schema}.wake`)}(${`canary ${canary}`})`.compile(kysely)
}
