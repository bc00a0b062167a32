import type { WorkerEntry } from '@jq/core/internal'
import type { WorkerRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** Registers a worker, or brings back one that was taken for dead: what it held then is lost to it. */
export function beat(tables: Tables, { id, heartbeatIntervalMs, deadForMs }: WorkerEntry): void {
  const beatAt = heartbeatIntervalMs > 0 ? tables.now : null
  tables.workers.set(id, { id, heartbeatMs: heartbeatIntervalMs, deadForMs, beatAt, stoppedAt: null })
}

/** The last word of a worker, or the word of others that it is dead. */
export function stopWorker(tables: Tables, id: string): void {
  const worker = tables.workers.get(id)
  if (worker === undefined) return
  tables.workers.set(id, { ...worker, beatAt: aliveAt(worker, tables.now), stoppedAt: tables.now })
  if (tables.soloTurn?.workerId === id) tables.soloTurn = null
}

/**
 * When a worker beat last. It lives in this process and beats by this clock, so an advance of an hour holds 360 of its beats,
 * and its lease lapses only if it beats more rarely than it promised.
 */
export function aliveAt({ beatAt, heartbeatMs, stoppedAt }: WorkerRow, now: number): number | null {
  if (beatAt === null || stoppedAt !== null) return beatAt
  return now - ((now - beatAt) % heartbeatMs)
}

/** True while this worker may hold attempts. */
export function isAlive(tables: Tables, id: string): boolean {
  const worker = tables.workers.get(id)
  return worker !== undefined && worker.stoppedAt === null && !isSilent(worker, tables.now)
}

export function isSilent(worker: WorkerRow, now: number): boolean {
  const heardAt = aliveAt(worker, now)
  return heardAt !== null && heardAt <= now - worker.deadForMs
}
