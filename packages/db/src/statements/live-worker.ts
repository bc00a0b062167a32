import type { AttemptCounts, ReapedAttempt } from '@jq/core'
import type { AttemptKey, LookRequest, WorkerEntry } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Retention } from '../retention.ts'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import { intervalText } from './interval-text.ts'

/** Registers a process, and renews it at each beat. */
export function beat(statements: Statements, worker: WorkerEntry): CompiledQuery<unknown> {
  return call(
    statements,
    'beat',
    {
      its_id: worker.id,
      its_host: worker.host,
      its_pid: worker.pid,
      its_version: worker.version,
      its_types: worker.jobTypes,
      its_threads: worker.threads,
      its_dead_for: intervalText(worker.deadForMs),
      beats: worker.heartbeatIntervalMs > 0,
    },
    'null as done',
  )
}

/** The last word of a process that stops cleanly. */
export function leave(
  statements: Statements,
  workerId: string,
  settled: AttemptCounts | undefined,
): CompiledQuery<unknown> {
  return call(statements, 'leave', { its_id: workerId, settled: countsText(settled) }, 'null as done')
}

export interface LookRow {
  readonly waiting: boolean
  readonly waiting_solo: boolean
  readonly run_dry: boolean
  readonly next_due_ms: string | null
  readonly beaten: boolean
  readonly next_tick_ms: string | null
  /** JSON text. */
  readonly reaped: string | null
}

/** Frees what the dead hold, makes due what is due, says when to look again; and may beat along, which `beaten` then confirms. */
export function look(
  statements: Statements,
  { workerId, types, reap, sleeping, settled, rules = null }: LookRequest,
  canary: string | null,
  beats: boolean,
): CompiledQuery<LookRow> {
  const args = {
    its_id: workerId,
    its_types: types,
    reaps: reap,
    sleeps: sleeping,
    canary,
    settled: countsText(settled),
    beats,
    its_rules: rules,
  }
  const columns =
    'waiting, waiting_solo, run_dry, next_due_ms::text, beaten, next_tick_ms::text, reaped::text'
  return call(statements, 'look', args, columns)
}

export interface NewsRow {
  readonly seq: string
  readonly attempt: number
  readonly news: 'lost' | 'cancelled'
}

/** Of attempts that a worker believes in: which are lost, and which shall end. */
export function checkAttempts(
  statements: Statements,
  workerId: string,
  held: readonly AttemptKey[],
): CompiledQuery<NewsRow> {
  return call(statements, 'check_attempts', { its_id: workerId, held: keysText(held) }, 'seq, attempt, news')
}

/** Gives back attempts that a worker holds without knowing. */
export function releaseUnknown(
  statements: Statements,
  workerId: string,
  known: readonly AttemptKey[],
): CompiledQuery<{ released: number }> {
  return call(
    statements,
    'release_unknown',
    { its_id: workerId, known: keysText(known) },
    'release_unknown as released',
  )
}

/** What became of an attempt that was to succeed: 'settled' where this very worker has recorded it. */
export function readVerdict(
  statements: Statements,
  workerId: string,
  { seq, attempt }: AttemptKey,
): CompiledQuery<{ verdict: string }> {
  const args = { job_seq: seq, its_attempt: attempt, its_worker: workerId, its_outcome: 's' }
  return call(statements, 'verdict_of', args, 'verdict_of as verdict')
}

/** Keeps what a handler says of its progress. */
export function setProgress(
  statements: Statements,
  workerId: string,
  { seq, attempt }: AttemptKey,
  progress: string,
): CompiledQuery<{ kept: boolean }> {
  const args = { its_id: workerId, job_seq: seq, its_attempt: attempt, its_progress: progress }
  return call(statements, 'set_progress', args, 'set_progress as kept')
}

/** Clears away what nobody needs. */
export function keep(statements: Statements): CompiledQuery<unknown> {
  return call(statements, 'keep', {}, 'null as done')
}

export interface OutdatedRow {
  readonly orphans: number
  readonly orphaned_schedules: number
  readonly more: boolean
}

/** Deletes a batch of what has been kept long enough; `more`: ask again. */
export function deleteOutdated(statements: Statements, retention: Retention): CompiledQuery<OutdatedRow> {
  const { succeededMs, failedMs, orphanedMs } = retention
  const args = {
    keeps_succeeded: intervalText(succeededMs),
    keeps_failed: intervalText(failedMs),
    keeps_orphaned: orphanedMs === null ? null : intervalText(orphanedMs),
  }
  return call(statements, 'delete_outdated', args, 'orphans, orphaned_schedules, more')
}

/** The attempts of others that a look has ended. */
export function reapedOf({ reaped }: Pick<LookRow, 'reaped'>): ReapedAttempt[] {
  const stored = JSON.parse(reaped ?? '[]') as StoredReaped[]
  return stored.map(({ id, type, attempt, worker_id: workerId, late }) => ({
    ...{ jobId: id, jobType: type, attempt, workerId },
    reason: late ? 'timeout' : 'heartbeat',
  }))
}

interface StoredReaped {
  readonly id: string
  readonly type: string
  readonly attempt: number
  readonly worker_id: string
  readonly late: boolean
}

function countsText(counts: AttemptCounts | undefined): string | null {
  if (counts === undefined) return null
  const { timedOut, ...others } = counts
  return JSON.stringify({ ...others, timed_out: timedOut })
}

function keysText(keys: readonly AttemptKey[]): string {
  return `[${keys.map(({ seq, attempt }) => `{"seq":${seq},"attempt":${attempt}}`).join(',')}]`
}
