import type { JobTypeState } from '@jq/core'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'

export interface TypeRow {
  readonly type: string
  readonly waiting: string
  readonly running: string
  readonly oldest_ms: string
  readonly workers: string
}

/** What stands where, type by type, in the order of their names. */
export function readTypes({ schema, kysely }: Statements): CompiledQuery<TypeRow> {
  return sql<TypeRow>`
    select type, waiting::text, running::text, oldest_ms::text, workers::text
    from ${sql.table(`${schema}.read_types`)}()`.compile(kysely)
}

export function typeStateOf({ type, waiting, running, oldest_ms, workers }: TypeRow): JobTypeState {
  return {
    type,
    waiting: Number(waiting),
    running: Number(running),
    oldestWaitingAgeMs: Math.max(0, Number(oldest_ms)),
    workers: Number(workers),
  }
}
