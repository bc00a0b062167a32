import type { LogLine } from '@jq/core'
import { type AttemptLog, type LogWish, logLevels } from '@jq/core/internal'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import type { JsonRow } from './read-jobs.ts'

/** Lines of an attempt, and who says that it holds it. */
export type HeldLog = AttemptLog & { readonly workerId: string }

export interface LogVerdictRow {
  readonly seq: string
  readonly attempt: number
  readonly verdict: 'busy' | 'lost'
}

/** Keeps what handlers said; answers what could not be kept. */
export function writeLog(statements: Statements, logs: readonly HeldLog[]): CompiledQuery<LogVerdictRow> {
  const text = `[${[...logs].sort(bySeq).map(logText).join(',')}]`
  return call(statements, 'write_log', { logs: text }, 'seq::text, attempt, verdict')
}

/** What a job's handlers said, oldest first. */
export function readLog(
  { kysely, schema }: Statements,
  jobId: string,
  { after, limit }: LogWish,
): CompiledQuery<JsonRow> {
  const { attempt, line } = after ?? { attempt: 0, line: 0 }
  return sql<JsonRow>`
    select to_jsonb(l)::text as row
    from ${sql.table(`${schema}.job`)} j join ${sql.table(`${schema}.job_log`)} l on l.seq = j.seq
    where j.id = ${jobId} and (l.attempt, l.line) > (${attempt}::int, ${line}::int)
    order by l.attempt, l.line limit ${limit}`.compile(kysely)
}

/** A line and its place among those of its job. */
export function logLineOf({ row }: JsonRow): { place: { attempt: number; line: number }; said: LogLine } {
  const { attempt, line, at, level, message, fields } = JSON.parse(row)
  const name = logLevels.find((one) => one.startsWith(level)) as LogLine['level']
  return { place: { attempt, line }, said: { attempt, at: new Date(at), level: name, message, fields } }
}

/** The order in which all others lock them. */
function bySeq(a: HeldLog, b: HeldLog): number {
  return a.seq.length - b.seq.length || (a.seq < b.seq ? -1 : 1)
}

/** `fields` is JSON already, and a sequence may be longer than a number is precise. */
function logText({ workerId, seq, attempt, lines }: HeldLog): string {
  const said = lines.map(
    ({ line, agoMs, level, message, fields }) =>
      `{"line":${line},"ago_ms":${agoMs},"level":"${level[0]}","message":${JSON.stringify(message)},"fields":${fields}}`,
  )
  return `{"worker_id":"${workerId}","seq":${seq},"attempt":${attempt},"lines":[${said.join(',')}]}`
}
