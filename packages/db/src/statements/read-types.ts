import type { JobTypeState } from '@jq/core'
import { storedLimit } from '@jq/core/internal'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import { dateOrNull } from './read-date.ts'

export interface TypeRow {
  readonly type: string
  readonly waiting: string
  readonly running: string
  readonly oldest_ms: string
  readonly workers: string
  readonly paused_at: string | null
  readonly concurrency: number | null
  readonly rate_count: number | null
  readonly rate_ms: string | null
  /** 1 or 0. */
  readonly per_group: number
}

/** What stands where, type by type, in the order of their names. */
export function readTypes({ schema, kysely }: Statements): CompiledQuery<TypeRow> {
  return sql<TypeRow>`
    select type, waiting::text, running::text, oldest_ms::text, workers::text, paused_at, concurrency, rate_count, rate_ms::text,
      per_group::int
    from ${sql.table(`${schema}.read_types`)}()`.compile(kysely)
}

export function typeStateOf(row: TypeRow): JobTypeState {
  const { type, waiting, running, oldest_ms, workers } = row
  return {
    type,
    waiting: Number(waiting),
    running: Number(running),
    oldestWaitingAgeMs: Math.max(0, Number(oldest_ms)),
    pausedAt: dateOrNull(row.paused_at),
    limit: storedLimit({
      concurrency: row.concurrency,
      rateCount: row.rate_count,
      rateMs: row.rate_ms === null ? null : Number(row.rate_ms),
      perGroup: row.per_group === 1,
    }),
    workers: Number(workers),
  }
}
