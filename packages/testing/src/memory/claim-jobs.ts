import { type ClaimedJob, type ClaimedType, claimOfJob, type StepRequest } from '@jq/core/internal'
import { isLimited, takeTurn, turnsOf } from './limits.ts'
import { jobOf } from './read-jobs.ts'
import type { AvailableRow, JobRow, RunningRow } from './rows.ts'
import { isLeft } from './settle-attempts.ts'
import type { Tables } from './tables.ts'
import { tellChange } from './tell-change.ts'
import { isAlive } from './worker-life.ts'

type Claim = NonNullable<StepRequest['claim']>

/**
 * Takes ready jobs and begins their next attempt; an idle worker first takes one job that must run alone.
 *
 * @returns also the limited types of which it could take some
 */
export function claimJobs(
  tables: Tables,
  workerId: string,
  claim: Claim,
): { claimed: ClaimedJob[]; limited: readonly string[] } {
  if (!isAlive(tables, workerId)) return { claimed: [], limited: [] }
  const alone = claim.idle ? best(tables, { ...claim, room: Math.min(1, claim.room) }, true) : NONE
  const { offers, limited } = alone.offers.length > 0 ? alone : best(tables, claim, false)
  const { maxCrashCount, aheadOf } = claim
  const claimed = offers.map(({ row, type }, place) => {
    const ahead = aheadOf === undefined || row.solo ? null : aheadOf + place + 1
    return begin(tables, workerId, row, { ...type, maxCrashCount, ahead })
  })
  return { claimed, limited }
}

interface Offer {
  readonly row: AvailableRow
  readonly type: ClaimedType
  /** The last of its type's jobs up to this one in the order of claims: none passes those before it in its type. */
  readonly place: AvailableRow
}

const NONE: { readonly offers: readonly Offer[]; readonly limited: readonly string[] } = {
  ...{ offers: [], limited: [] },
}

/** Of each type as many as there is room for, and of them the best. While a limited job could begin, none is claimed ahead. */
function best(tables: Tables, { types, room, free = room }: Claim, solo: boolean): typeof NONE {
  const plain = types.filter(({ type }) => !isLimited(tables, type))
  const threads = Math.min(room, free)
  const turns = types
    .filter((type) => !plain.includes(type))
    .flatMap((type) => {
      const most = Math.min(type.room, Math.max(threads, 1))
      const rows = turnsOf(tables, type.type, solo, most)
      return rows.map((row, n) => ({
        row,
        type,
        place:
          rows
            .slice(0, n + 1)
            .sort(inClaimOrder)
            .at(-1) ?? row,
      }))
    })
  const limited = [...new Set(turns.map(({ type }) => type.type))]
  const most = turns.length > 0 && threads > 0 ? threads : room
  const inOrder = plain.flatMap((type) =>
    tables
      .claimable(type.type, solo)
      .first(Math.min(type.room, most))
      .map((row) => ({ row, type, place: row })),
  )
  const offers = [...(threads > 0 ? turns : []), ...inOrder]
    .sort((a, b) => inClaimOrder(a.place, b.place))
    .slice(0, most)
  return { offers, limited }
}

function inClaimOrder(a: AvailableRow, b: AvailableRow): number {
  return b.priority - a.priority || a.seq - b.seq
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
  if (isLimited(tables, job.type)) takeTurn(tables, job)
  tellChange(tables, job, 'available')
  const started = { ...jobOf(tables, job), startedAt: new Date(row.startedAt) }
  return claimOfJob(started, {
    seq: String(seq),
    payloadVersion: job.payloadVersion ?? 1,
    timeoutMs: 0, // no timer of a worker's meets a deadline of this clock: the check tells of it
    ahead: row.ahead,
    retriesError: isLeft(retries, row.maxRetries),
    retriesTimeout: isLeft(timeoutRetries, row.maxTimeoutRetries),
  })
}
