import type { AttemptKey, Begin } from '@jq/core/internal'
import { heldBy } from './settle-attempts.ts'
import type { Tables } from './tables.ts'

/** Begins attempts that were claimed ahead, or lets them wait again. @returns those that are lost */
export function beginAttempts(tables: Tables, workerId: string, begins: readonly Begin[]): AttemptKey[] {
  const lost: AttemptKey[] = []
  for (const { agoMs, seq, attempt } of begins) {
    const key = { seq, attempt }
    const row = heldBy(tables, workerId, key)
    if (row === undefined) lost.push(key)
    else {
      const startedAt = agoMs === null ? row.startedAt : Math.max(row.startedAt, tables.now - agoMs)
      const deadline = agoMs === null || row.timeoutMs === 0 ? null : startedAt + row.timeoutMs
      tables.running.set(row.seq, { ...row, prefetched: agoMs === null, startedAt, deadline })
    }
  }
  return lost
}
