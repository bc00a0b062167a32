import type { AttemptCounts, WorkerInfo } from '@jq/core'
import type { WorkerEntry } from '@jq/core/internal'
import type { WorkerRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** Registers a worker, or brings back one that was taken for dead: what it held then is lost to it. */
export function beat(tables: Tables, entry: WorkerEntry): void {
  const { id, heartbeatIntervalMs, deadForMs } = entry
  const { startedAt, settled } = tables.workers.get(id) ?? { startedAt: tables.now, settled: NOTHING }
  tables.workers.set(id, {
    ...{ id, entry, startedAt, settled, deadForMs },
    heartbeatMs: heartbeatIntervalMs,
    beatAt: heartbeatIntervalMs > 0 ? tables.now : null,
    stoppedAt: null,
  })
}

const NOTHING: AttemptCounts = { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, released: 0 }

/** Keeps what a worker says of the attempts that it has settled since its start. */
export function noteSettled(tables: Tables, id: string, settled: AttemptCounts | undefined): void {
  const worker = tables.workers.get(id)
  if (worker !== undefined && settled !== undefined) tables.workers.set(id, { ...worker, settled })
}

/** Those that work, newest first, and then those that stopped within the last day. */
export function readWorkers(tables: Tables): WorkerInfo[] {
  const kept = [...tables.workers.values()].filter(
    ({ stoppedAt }) => stoppedAt === null || stoppedAt > tables.now - A_DAY,
  )
  const order = (a: WorkerRow, b: WorkerRow) =>
    Number(a.stoppedAt !== null) - Number(b.stoppedAt !== null) ||
    b.startedAt - a.startedAt ||
    (a.id < b.id ? 1 : -1)
  return kept.sort(order).map((row) => infoOf(tables, row))
}

const A_DAY = 86_400_000

function infoOf(tables: Tables, row: WorkerRow): WorkerInfo {
  const { id, host, pid, version, jobTypes, threads } = row.entry
  const beatAt = aliveAt(row, tables.now)
  return {
    ...{ id, host, pid, version, jobTypes, threads },
    running: [...tables.running.values()].filter(({ workerId }) => workerId === id).length,
    startedAt: new Date(row.startedAt),
    workerAliveAt: beatAt === null ? null : new Date(beatAt),
    stoppedAt: row.stoppedAt === null ? null : new Date(row.stoppedAt),
    stats: row.settled,
  }
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
