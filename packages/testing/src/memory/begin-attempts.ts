import type { AttemptKey, Begin } from '@jq/core/internal'
import { heldBy } from './settle-attempts.ts'
import type { Tables } from './tables.ts'

/** Notes when attempts that were claimed ahead began. @returns those that are lost */
export function beginAttempts(tables: Tables, workerId: string, begins: readonly Begin[]): AttemptKey[] {
  const lost: AttemptKey[] = []
  for (const { agoMs, seq, attempt } of begins) {
    const key = { seq, attempt }
    const row = heldBy(tables, workerId, key)
    if (row === undefined) lost.push(key)
    else {
      const startedAt = Math.max(row.startedAt, tables.now - agoMs)
      const deadline = row.timeoutMs === 0 ? null : startedAt + row.timeoutMs
      tables.running.set(row.seq, { ...row, ahead: null, startedAt, deadline })
    }
  }
  return lost
}
