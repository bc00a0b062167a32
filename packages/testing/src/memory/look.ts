import type { ReapedAttempt } from '@jq/core'
import type { LookAnswer, LookRequest } from '@jq/core/internal'
import { isLimited, turnsOf } from './limits.ts'
import { lastEndOf } from './read-jobs.ts'
import type { JobRow, RunningRow } from './rows.ts'
import { dueSchedules } from './schedules.ts'
import { type End, settleAttempts } from './settle-attempts.ts'
import type { Tables } from './tables.ts'
import { makeAvailable } from './take-place.ts'
import { tellChange } from './tell-change.ts'
import { isAlive, isSilent, stopWorker } from './worker-life.ts'

const A_MINUTE = 60_000

/** Frees what the dead hold, makes due what is due, says whether work waits. */
export function look(tables: Tables, { workerId, types, reap, rules = null }: LookRequest): LookAnswer {
  const reaped = reap ? reapAttempts(tables) : []
  promoteJobs(tables)
  return {
    reaped,
    waiting: waits(tables, types, false),
    waitingSolo: waits(tables, types, true),
    runDry: takeSoloTurn(tables, workerId, types),
    // No timer of a worker's can meet a time of this clock: it is the advance that wakes.
    nextDueMs: null,
    nextTickMs:
      rules !== null && dueSchedules(tables, rules, { after: null, limit: 1 }).length > 0 ? 0 : null,
  }
}

/** Makes available what is due, in the order of adding. */
export function promoteJobs(tables: Tables): void {
  for (const { seq } of [...tables.due()].sort((a, b) => a.seq - b.seq)) {
    const row = tables.takeScheduled(seq)
    if (row === undefined) continue
    const job = tables.jobs.get(seq) as JobRow
    makeAvailable(tables, job, row)
    tellChange(tables, job, row.retrying ? 'retrying' : 'scheduled')
  }
}

/** Has workers check the attempts they hold, if one of them has taken too long. */
export function wakeOverdue(tables: Tables): void {
  if ([...tables.running.values()].some((row) => isOverdue(tables, row))) tables.wake({ kind: 'cancel' })
}

export function isOverdue(tables: Tables, { deadline }: RunningRow): boolean {
  return deadline !== null && deadline <= tables.now
}

/** Ends the attempts of silent workers, and those that are long past their deadline although their worker beats. */
function reapAttempts(tables: Tables): ReapedAttempt[] {
  const ends = [...tables.running.values()].flatMap((row) => endOf(tables, row))
  settleAttempts(tables, ends)
  for (const worker of tables.workers.values()) {
    if (worker.stoppedAt === null && isSilent(worker, tables.now)) stopWorker(tables, worker.id)
  }
  return ends.filter(({ kind }) => kind !== 'released').map((end) => reapedOf(tables, end))
}

function reapedOf(tables: Tables, { seq, attempt, workerId, kind }: End): ReapedAttempt {
  const { id, type } = tables.jobs.get(Number(seq)) as JobRow
  const reason = kind === 'overdue' ? 'timeout' : 'heartbeat'
  return { jobId: id, jobType: type, attempt, workerId, reason }
}

function endOf(tables: Tables, { seq, attempt, workerId, deadline, ahead }: RunningRow): End[] {
  const key = { seq: String(seq), attempt, workerId }
  if (!isAlive(tables, workerId)) {
    const begun = (ahead ?? 0) <= (tables.begunThrough.get(workerId) ?? 0)
    return [{ ...key, kind: begun ? 'crashed' : 'released' }]
  }
  // Its own worker ends it first; what is this late hangs beyond its worker's reach.
  const patience = tables.workers.get(workerId)?.deadForMs ?? 0
  return deadline !== null && deadline < tables.now - patience ? [{ ...key, kind: 'overdue' }] : []
}

function waits(tables: Tables, types: readonly string[], solo: boolean): boolean {
  return types.some((type) =>
    isLimited(tables, type)
      ? turnsOf(tables, type, solo, 1).length > 0
      : tables.claimable(type, solo).size > 0,
  )
}

/** Where a job that must run alone has waited for a minute, one worker at a time lets its threads run dry for it. */
function takeSoloTurn(tables: Tables, workerId: string, types: readonly string[]): boolean {
  const waiting = types
    .filter((type) => tables.limits.get(type)?.pausedAt == null)
    .flatMap((type) => tables.claimable(type, true).first(10))
  if (!waiting.some(({ seq }) => lastEndOf(tables, seq) < tables.now - A_MINUTE)) return false
  const turn = tables.soloTurn
  if (turn !== null && turn.workerId !== workerId && turn.endsAt >= tables.now) return false
  tables.soloTurn = { workerId, endsAt: tables.now + A_MINUTE }
  return true
}
