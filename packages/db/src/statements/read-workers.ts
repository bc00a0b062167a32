import type { WorkerInfo } from '@jq/core'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import { dateOf, dateOrNull } from './read-date.ts'

export interface WorkerRow {
  readonly id: string
  readonly host: string
  readonly pid: number
  readonly version: string
  readonly job_types: string
  readonly threads: number
  readonly running: string
  readonly started_at: string
  readonly alive_at: string | null
  readonly stopped_at: string | null
  readonly succeeded: string
  readonly failed: string
  readonly timed_out: string
  readonly cancelled: string
  readonly released: string
}

/** The processes that work, newest first, and then those that stopped. What is in hand is few, and is counted in one pass. */
export function readWorkers({ schema, kysely }: Statements): CompiledQuery<WorkerRow> {
  const named = (name: string) => sql.table(`${schema}.${name}`)
  const read = (column: string) => sql`(extract(epoch from ${sql.raw(column)}) * 1000)::text`
  return sql<WorkerRow>`
    select w.id::text, w.host, w.pid, w.version, to_jsonb(w.job_types)::text as job_types, w.threads,
      coalesce(r.running, 0)::text as running, ${read('w.started_at')} as started_at, ${read('w.worker_alive_at')} as alive_at,
      ${read('w.stopped_at')} as stopped_at, w.succeeded::text, w.failed::text, w.timed_out::text, w.cancelled::text, w.released::text
    from ${named('worker')} w
    left join (select g.worker_id, count(*) as running from ${named('job_running')} g group by g.worker_id) r on r.worker_id = w.id
    order by w.stopped_at is not null, w.started_at desc, w.id desc`.compile(kysely)
}

export function workerOf(row: WorkerRow): WorkerInfo {
  const { id, host, pid, version, threads } = row
  return {
    id,
    host,
    pid,
    version,
    jobTypes: JSON.parse(row.job_types),
    threads,
    running: Number(row.running),
    startedAt: dateOf(row.started_at),
    workerAliveAt: dateOrNull(row.alive_at),
    stoppedAt: dateOrNull(row.stopped_at),
    stats: {
      succeeded: Number(row.succeeded),
      failed: Number(row.failed),
      timedOut: Number(row.timed_out),
      cancelled: Number(row.cancelled),
      released: Number(row.released),
    },
  }
}
