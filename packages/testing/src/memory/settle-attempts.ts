import type { JobAttempt } from '@jq/core'
import type { AttemptKey, Outcome } from '@jq/core/internal'
import { countMembers } from './count-members.ts'
import { holdGroup, isLimited } from './limits.ts'
import type { JobRow, RunningRow, StoppedState } from './rows.ts'
import type { Tables } from './tables.ts'
import { makeAvailable, makeWait, takeRunning } from './take-place.ts'
import { tellChange } from './tell-change.ts'

/** How an attempt ended, as its worker or the reaper says. */
export type End = { readonly workerId: string } & (
  | Outcome
  | (AttemptKey & { readonly kind: 'crashed' })
  | (AttemptKey & { readonly kind: 'overdue' })
)

/** Where the job goes now. */
type Fate = StoppedState | 'available' | 'retry' | 'snooze'

/**
 * Writes the outcome of attempts, each only while its own row stands in running: an attempt that was reaped, reset or deleted
 * writes nothing. All ends of attempts come through here, the reaper's too. A repeat finds its own outcome recorded, and is
 * silent as at the first time.
 */
export function settleAttempts(
  tables: Tables,
  ends: readonly End[],
): { lost: AttemptKey[]; nextDueMs: number | null } {
  const lost: AttemptKey[] = []
  const dues: number[] = []
  for (const end of [...ends].sort((a, b) => Number(a.seq) - Number(b.seq))) {
    const held = heldBy(tables, end.workerId, end)
    if (held !== undefined) dues.push(...settle(tables, begunBefore(tables, held, end), end))
    else if (!wasRecorded(tables, end)) lost.push({ seq: end.seq, attempt: end.attempt })
  }
  return { lost, nextDueMs: dues.length === 0 ? null : Math.max(0, Math.min(...dues) - tables.now) }
}

/** The fence: the running row of this very attempt in the hands of this very worker. */
export function heldBy(
  tables: Tables,
  workerId: string,
  { seq, attempt }: AttemptKey,
): RunningRow | undefined {
  const row = tables.running.get(Number(seq))
  return row?.attempt === attempt && row.workerId === workerId ? row : undefined
}

/** With the time at which it began, where only its end tells it. */
function begunBefore(tables: Tables, held: RunningRow, end: End): RunningRow {
  if (held.ahead === null || !('ranMs' in end) || end.ranMs === undefined) return held
  return { ...held, startedAt: Math.max(held.startedAt, tables.now - end.ranMs) }
}

/** @returns when its next attempt is due, if it waits for one */
function settle(tables: Tables, held: RunningRow, end: End): number[] {
  const job = tables.jobs.get(held.seq) as JobRow
  const fate = fateOf(held, end)
  const recorded = recordedAs(held, end, fate)
  const stops = fate === 'succeeded' || fate === 'failed' || fate === 'cancelled' || fate === 'dead'
  takeRunning(tables, held.seq)
  if (isLimited(tables, job.type)) tables.wake({ kind: 'available', jobType: job.type })
  if (end.kind === 'snoozed' && end.holdsGroup === true) holdGroup(tables, job, tables.now + end.delayMs)
  const dueAt = stops ? stop(tables, held, end, fate) : goBack(tables, job, held, end, fate)
  tellChange(tables, job, 'running')
  if (recorded !== 'succeeded') keepAttempt(tables, held, end, recorded)
  if (recorded !== 'released' && recorded !== 'snoozed') {
    tables.tell({
      kind: 'job',
      jobId: job.id,
      jobType: job.type,
      origin: job.origin,
      bundleId: job.bundleId,
      attempt: held.attempt,
      outcome: recorded,
      willRetry: !stops,
    })
  }
  if (stops) countMembers(tables, job.bundleId, { stopped: 1, failed: fate === 'succeeded' ? 0 : 1 })
  return dueAt === null ? [] : [dueAt]
}

function fateOf(held: RunningRow, { kind }: End): Fate {
  if (held.resetRequested) return 'available'
  if (kind === 'succeeded') return 'succeeded'
  if (kind === 'cancelled' || held.cancelRequestedAt !== null) return 'cancelled'
  switch (kind) {
    case 'failed':
      return isLeft(held.retries, held.maxRetries) ? 'retry' : 'failed'
    case 'timedOut':
    case 'overdue':
      return isLeft(held.timeoutRetries, held.maxTimeoutRetries) ? 'retry' : 'failed'
    case 'crashed':
      return held.crashes + 1 < held.maxCrashes ? 'available' : 'dead'
    case 'released':
      return 'available'
    case 'snoozed':
      return 'snooze'
    case 'terminal':
      return 'failed'
  }
}

export function isLeft(spent: number, most: number): boolean {
  return most === -1 || spent < most
}

function recordedAs(
  { resetRequested }: RunningRow,
  { kind }: End,
  fate: Fate,
): JobAttempt['outcome'] | 'succeeded' {
  if (fate === 'cancelled' || resetRequested) return 'cancelled'
  return recordedKind(kind)
}

function recordedKind(kind: End['kind']): JobAttempt['outcome'] | 'succeeded' {
  if (kind === 'terminal') return 'failed'
  return kind === 'overdue' ? 'timedOut' : kind
}

function stop(tables: Tables, held: RunningRow, end: End, outcome: StoppedState): null {
  const { seq, attempt, retries, timeoutRetries, crashes, workerId, startedAt, cancelRequestedAt, progress } =
    held
  const failed = outcome !== 'succeeded'
  tables.stopped.set(seq, {
    ...{ seq, attempt, retries, timeoutRetries, workerId, startedAt, cancelRequestedAt, progress, outcome },
    crashes: crashes + (end.kind === 'crashed' ? 1 : 0),
    stoppedAt: tables.now,
    errorMsg: failed ? (messageOf(end) ?? 'Failed without a message') : null,
    errorData: failed ? dataOf(end) : null,
    result: end.kind === 'succeeded' ? end.result : null,
  })
  tables.freeKey(seq)
  return null
}

function goBack(tables: Tables, job: JobRow, held: RunningRow, end: End, fate: Fate): number | null {
  const { seq, attempt } = held
  const retried = fate === 'retry' ? 1 : 0
  const forgotten = held.resetRequested
  const counts = {
    seq,
    attempt,
    retries: forgotten ? 0 : held.retries + (end.kind === 'failed' ? retried : 0),
    timeoutRetries: forgotten ? 0 : held.timeoutRetries + (end.kind === 'failed' ? 0 : retried),
    crashes: forgotten ? 0 : held.crashes + (end.kind === 'crashed' ? 1 : 0),
  }
  if (fate === 'available') {
    makeAvailable(tables, job, counts)
    return null
  }
  const startAt = dueAt(tables.now, held, end)
  makeWait(tables, job, counts, { startAt, retrying: fate === 'retry' })
  return startAt
}

/** Without a wait of the worker's own the default rule counts: 2 s, 4 s, 8 s … up to an hour. */
function dueAt(now: number, { retries, timeoutRetries }: RunningRow, end: End): number {
  if (end.kind === 'snoozed') return now + end.delayMs
  if ('retry' in end) return 'at' in end.retry ? end.retry.at.getTime() : now + end.retry.waitMs
  return now + Math.min(2_000 * 2 ** Math.min(retries + timeoutRetries, 20), 3_600_000)
}

function keepAttempt(tables: Tables, held: RunningRow, end: End, outcome: JobAttempt['outcome']): void {
  const { seq, attempt, workerId, startedAt } = held
  tables.addAttempt(seq, {
    attempt,
    workerId,
    startedAt,
    endedAt: tables.now,
    outcome,
    errorMsg: messageOf(end),
    errorData: dataOf(end),
  })
}

function messageOf(end: End): string | null {
  if ('error' in end && end.error.message !== '') return end.error.message
  return WITHOUT_A_MESSAGE[end.kind] ?? null
}

const WITHOUT_A_MESSAGE: { readonly [kind in End['kind']]?: string } = {
  crashed: 'The process that ran this attempt died',
  overdue: 'The attempt took longer than its timeout',
  timedOut: 'The attempt took longer than its timeout',
  cancelled: 'Cancelled',
}

function dataOf(end: End): string | null {
  return 'error' in end ? end.error.data : null
}

/** True where this very worker recorded this very outcome before: only the answer was lost. */
function wasRecorded(tables: Tables, { seq, attempt, workerId, kind }: End): boolean {
  const isIt = (row: { attempt: number; workerId: string | null }) =>
    row.attempt === attempt && row.workerId === workerId
  const stopped = tables.stopped.get(Number(seq))
  if (kind === 'succeeded') return stopped?.outcome === 'succeeded' && isIt(stopped)
  return (tables.attempts.get(Number(seq)) ?? []).some(
    (kept) => isIt(kept) && kept.outcome === recordedKind(kind),
  )
}
