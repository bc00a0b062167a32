import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'

export interface TraceRow {
  readonly seq: string
  /** JSON text. */
  readonly trace: string
}

/** Of these jobs, those that were added in a traced context. */
export function readTraces({ kysely, schema }: Statements, seqs: readonly string[]): CompiledQuery<TraceRow> {
  return sql<TraceRow>`
    select j.seq::text, j.trace::text from ${sql.table(`${schema}.job`)} j
    where j.seq = any (${seqs}::bigint[]) and j.trace is not null`.compile(kysely)
}
