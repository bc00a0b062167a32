import type { LogPage } from '@jq/core'
import { type AttemptKey, type AttemptLog, type LogWish, logPlace } from '@jq/core/internal'
import type { LogRow } from './rows.ts'
import { heldBy } from './settle-attempts.ts'
import type { Tables } from './tables.ts'

/** Keeps lines of an attempt for the worker that holds it, or has succeeded with it. A line that is there already is the same one. */
export function writeLog(tables: Tables, workerId: string, { seq, attempt, lines }: AttemptLog): void {
  if (!isOf(tables, workerId, { seq, attempt })) return
  const kept = tables.logs.get(Number(seq)) ?? []
  const known = new Set(kept.filter((row) => row.attempt === attempt).map(({ line }) => line))
  const said = lines.filter(({ line }) => !known.has(line))
  const rows = said.map(({ agoMs, ...line }): LogRow => ({ ...line, attempt, at: tables.now - agoMs }))
  tables.logs.set(Number(seq), [...kept, ...rows].sort(inOrder))
}

function isOf(tables: Tables, workerId: string, { seq, attempt }: AttemptKey): boolean {
  const stopped = tables.stopped.get(Number(seq))
  const succeeded = stopped?.outcome === 'succeeded' && stopped.attempt === attempt
  return (
    heldBy(tables, workerId, { seq, attempt }) !== undefined || (succeeded && stopped.workerId === workerId)
  )
}

/** What a job's handlers said, oldest first. */
export function readLog(tables: Tables, jobId: string, { after, limit }: LogWish): LogPage {
  const rows = tables.logs.get(tables.jobOf(jobId)?.seq as number) ?? []
  const behind = after === undefined ? rows : rows.filter((row) => inOrder(row, after) > 0)
  const page = behind.slice(0, limit)
  const last = page.at(-1)
  return {
    lines: page.map(({ attempt, at, level, message, fields }) => ({
      ...{ attempt, at: new Date(at), level, message },
      fields: JSON.parse(fields),
    })),
    next: behind.length > limit && last !== undefined ? logPlace(last) : null,
  }
}

function inOrder(a: Place, b: Place): number {
  return a.attempt - b.attempt || a.line - b.line
}

interface Place {
  readonly attempt: number
  readonly line: number
}
