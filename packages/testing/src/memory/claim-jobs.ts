import type { ClaimedJob, ClaimedType, StepRequest } from '@jq/core/internal'
import { jobOf } from './read-jobs.ts'
import type { AvailableRow, JobRow, RunningRow } from './rows.ts'
import { isLeft } from './settle-attempts.ts'
import type { Tables } from './tables.ts'
import { tellChange } from './tell-change.ts'
import { isAlive } from './worker-life.ts'

type Claim = NonNullable<StepRequest['claim']>

/** Takes ready jobs and begins their next attempt; an idle worker first takes one job that must run alone. */
export function claimJobs(tables: Tables, workerId: string, claim: Claim): ClaimedJob[] {
  if (!isAlive(tables, workerId)) return []
  const alone = claim.idle ? best(tables, { ...claim, room: Math.min(1, claim.room) }, true) : []
  const rows = alone.length > 0 ? alone : best(tables, claim, false)
  const { maxCrashCount, aheadOf } = claim
  return rows.map(({ row, type }, place) => {
    const ahead = aheadOf === undefined || row.solo ? null : aheadOf + place + 1
    return begin(tables, workerId, row, { ...type, maxCrashCount, ahead })
  })
}

/** Of each type as many as there is room for, and of them the best. */
function best(
  tables: Tables,
  { types, room }: Claim,
  solo: boolean,
): { row: AvailableRow; type: ClaimedType }[] {
  return types
    .flatMap((type) =>
      tables
        .claimable(type.type, solo)
        .first(Math.min(type.room, room))
        .map((row) => ({ row, type })),
    )
    .sort((a, b) => b.row.priority - a.row.priority || a.row.seq - b.row.seq)
    .slice(0, room)
}

/** The only place where `attempt` rises. */
function begin(
  tables: Tables,
  workerId: string,
  { seq }: AvailableRow,
  settings: ClaimedType & { maxCrashCount: number; ahead: number | null },
): ClaimedJob {
  const { attempt, retries, timeoutRetries, crashes } = tables.takeAvailable(seq) as AvailableRow
  const job = tables.jobs.get(seq) as JobRow
  const timeoutMs = job.timeoutMs ?? Math.ceil(settings.timeoutMs)
  const row: RunningRow = {
    ...{ seq, attempt: attempt + 1, retries, timeoutRetries, crashes, workerId },
    startedAt: tables.now,
    timeoutMs,
    deadline: timeoutMs === 0 || settings.ahead !== null ? null : tables.now + timeoutMs,
    maxRetries: job.maxRetryCount ?? settings.maxRetryCount,
    maxTimeoutRetries: job.maxTimeoutRetryCount ?? settings.maxTimeoutRetryCount,
    maxCrashes: settings.maxCrashCount,
    cancelRequestedAt: null,
    resetRequested: false,
    ahead: settings.ahead,
    progress: null,
  }
  tables.running.set(seq, row)
  tellChange(tables, job, 'available')
  return {
    seq: String(seq),
    attempt: row.attempt,
    job: { ...jobOf(tables, job), startedAt: new Date(row.startedAt) },
    payloadVersion: job.payloadVersion ?? 1,
    timeoutMs: 0, // no timer of a worker's meets a deadline of this clock: the check tells of it
    ahead: row.ahead,
    retriesError: isLeft(retries, row.maxRetries),
    retriesTimeout: isLeft(timeoutRetries, row.maxTimeoutRetries),
  }
}
