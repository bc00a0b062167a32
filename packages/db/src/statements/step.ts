import type { Job } from '@jq/core'
import {
  type AttemptKey,
  type Begin,
  type ClaimedJob,
  type Outcome,
  type StepRequest,
  storedJson,
} from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import { dateOf, dateOrNull } from './read-date.ts'

/** One row of the answer: what was claimed, or what became of an outcome. */
export interface StepRow {
  readonly kind: 'claimed' | 'contended' | 'busy' | 'lost' | 'due' | 'silent'
  readonly seq: string
  readonly attempt: number
  readonly next_due_ms: string | null
  readonly id: string
  readonly type: string
  readonly payload: string
  readonly priority: number
  readonly origin: string
  readonly bundle_id: string | null
  readonly after_bundle_id: string | null
  readonly unique_key: string | null
  readonly max_retry_count: number | null
  readonly max_timeout_retry_count: number | null
  readonly job_timeout_ms: string | null
  readonly start_at: string | null
  readonly created_at: string
  readonly started_at: string
  readonly alive_at: string | null
  readonly retries: number
  readonly timeout_retries: number
  readonly crashes: number
  readonly timeout_ms: string
  readonly max_retries: number
  readonly max_timeout_retries: number
  readonly begun: boolean
  readonly schedule_name: string | null
  readonly schedule_key: string | null
}

/** The pump's round trip: settles what ended and claims what fits, in one commit. */
export function step(
  statements: Statements,
  { workerId, outcomes, claim, begins = [] }: StepRequest,
): CompiledQuery<StepRow> {
  const wanted = (claim?.types ?? []).map(
    ({ type, room, maxRetryCount, maxTimeoutRetryCount, timeoutMs }) => ({
      type,
      room,
      max_retries: maxRetryCount,
      max_timeout_retries: maxTimeoutRetryCount,
      timeout_ms: Math.ceil(timeoutMs),
    }),
  )
  return call(
    statements,
    'step',
    {
      worker_id: workerId,
      ends: endsText(workerId, outcomes),
      wanted: JSON.stringify(wanted),
      room: claim?.room ?? 0,
      idle: claim?.idle ?? false,
      max_crashes: claim?.maxCrashCount ?? 1,
      begins: begins.length === 0 ? null : beginsText(begins),
      at_once: claim?.atOnce ?? null,
    },
    '*',
  )
}

function beginsText(begins: readonly Begin[]): string {
  const ordered = [...begins].sort((a, b) => (BigInt(a.seq) < BigInt(b.seq) ? -1 : 1))
  return JSON.stringify(
    ordered.map(({ seq, attempt, agoMs, timeoutMs }) => ({
      seq,
      attempt,
      ago_ms: agoMs,
      timeout_ms: Math.ceil(timeoutMs),
    })),
  )
}

const CODES = {
  succeeded: 's',
  failed: 'f',
  terminal: 'x',
  timedOut: 't',
  cancelled: 'c',
  released: 'r',
  snoozed: 'z',
} as const

/** Results and error data are JSON texts already; they are set in as they are. In the order of sequences: the one lock order. */
function endsText(workerId: string, outcomes: readonly Outcome[]): string {
  const ordered = [...outcomes].sort((a, b) => (BigInt(a.seq) < BigInt(b.seq) ? -1 : 1))
  return `[${ordered.map((outcome) => endText(workerId, outcome)).join(',')}]`
}

function endText(workerId: string, outcome: Outcome): string {
  const fixed = `"seq":${outcome.seq},"attempt":${outcome.attempt},"worker_id":"${workerId}","outcome":"${CODES[outcome.kind]}"`
  switch (outcome.kind) {
    case 'succeeded':
      return outcome.result === null ? `{${fixed}}` : `{${fixed},"result":${outcome.result}}`
    case 'released':
      return `{${fixed}}`
    case 'snoozed':
      return `{${fixed},"wait_ms":${outcome.delayMs}}`
    default:
      return `{${fixed},"message":${JSON.stringify(outcome.error.message)}${dataText(outcome.error.data)}${retryText(outcome)}}`
  }
}

function dataText(data: string | null): string {
  return data === null ? '' : `,"data":${data}`
}

function retryText(outcome: Outcome): string {
  if (!('retry' in outcome)) return ''
  return 'at' in outcome.retry
    ? `,"retry_at":"${outcome.retry.at.toISOString()}"`
    : `,"wait_ms":${outcome.retry.waitMs}`
}

export function attemptOf({ seq, attempt }: StepRow): AttemptKey {
  return { seq, attempt }
}

export function claimedJob(row: StepRow, workerId: string): ClaimedJob {
  const { value, refusal } = storedJson(row.payload, 'payload')
  return {
    seq: row.seq,
    attempt: row.attempt,
    job: runningJob(row, value, workerId),
    unreadable: refusal,
    timeoutMs: Number(row.timeout_ms),
    begun: row.begun,
    retriesError: row.max_retries === -1 || row.retries < row.max_retries,
    retriesTimeout: row.max_timeout_retries === -1 || row.timeout_retries < row.max_timeout_retries,
  }
}

function runningJob(row: StepRow, payload: unknown, workerId: string): Job {
  const startedAt = dateOf(row.started_at)
  return {
    id: row.id,
    bundleId: row.bundle_id,
    afterBundleId: row.after_bundle_id,
    type: row.type,
    state: 'running',
    payload,
    priority: row.priority,
    origin: row.origin,
    uniqueKey: row.unique_key,
    attempt: row.attempt,
    maxRetryCount: row.max_retry_count,
    currentRetryCount: row.retries,
    maxTimeoutRetryCount: row.max_timeout_retry_count,
    timeoutMs: row.job_timeout_ms === null ? null : Number(row.job_timeout_ms),
    currentTimeoutRetryCount: row.timeout_retries,
    crashCount: row.crashes,
    startAt: dateOrNull(row.start_at),
    startedAt,
    workerAliveAt: dateOrNull(row.alive_at),
    stoppedAt: null,
    cancelRequestedAt: null,
    workerId,
    scheduleName: row.schedule_name,
    scheduleKey: row.schedule_key,
    progress: null,
    errorMsg: null,
    errorData: null,
    result: null,
    createdAt: dateOf(row.created_at),
    updatedAt: startedAt,
  }
}
