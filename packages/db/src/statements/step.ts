import type { AttemptKey, Begin, ClaimedType, Outcome, StepRequest } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'

/** One row of the answer: what was claimed, without a kind, or what became of an outcome. Numbers that are 0 are null. */
export interface StepRow {
  readonly kind: null | 'began' | 'limited' | 'contended' | 'trodden' | 'busy' | 'lost' | 'due' | 'silent'
  readonly seq: string
  readonly attempt: number
  readonly next_due_ms: string | null
  readonly id: string
  readonly type: string
  readonly payload: string
  readonly priority: number | null
  readonly origin: string
  readonly bundle_id: string | null
  readonly after_bundle_id: string | null
  readonly unique_key: string | null
  readonly max_retry_count: number | null
  readonly max_timeout_retry_count: number | null
  readonly timeout_ms: string | null
  readonly start_at: string | null
  readonly created_at: string
  readonly started_at: string | null
  readonly alive_at: string | null
  readonly retries: number | null
  readonly timeout_retries: number | null
  readonly crashes: number | null
  readonly ahead: string | null
  readonly schedule_name: string | null
  readonly schedule_key: string | null
  readonly group_key: string | null
  /** Null: 1. */
  readonly payload_version: number | null
}

/**
 * The pump's round trip: settles what ended and claims what fits, in one commit.
 *
 * @param bundlesFirst - bundles that somebody holds are noticed before anything is done, and the outcomes of their members put off
 */
export function step(
  statements: Statements,
  { workerId, outcomes, claim, begins = [], begunThrough }: StepRequest,
  { bundlesFirst = false } = {},
): CompiledQuery<StepRow> {
  const done = outcomes.filter((outcome) => outcome.kind === 'succeeded').sort(bySequence)
  const odd = outcomes.filter((outcome) => outcome.kind !== 'succeeded')
  const types = claim?.types ?? []
  return call(
    statements,
    'step',
    {
      worker_id: workerId,
      done: arrayText(done.map(({ seq }) => seq)),
      attempts: arrayText(done.map(({ attempt }) => attempt)),
      results: resultsText(done),
      ran_ms: done.some(({ ranMs }) => ranMs !== undefined)
        ? arrayText(done.map(({ ranMs }) => ranMs ?? 'null'))
        : null,
      bundles: arrayOrNull(done.map(({ bundleId }) => bundleId)),
      keyed: arrayOrNull(done.map(({ seq, keyed }) => (keyed === true ? seq : null))),
      ends: odd.length === 0 ? null : endsText(workerId, odd),
      types: types.map(({ type }) => type),
      rooms: arrayText(types.map(({ room }) => room)),
      from_ranks: fromsText(types, ({ priority }) => ~priority),
      from_seqs: fromsText(types, ({ seq }) => seq),
      max_retries: arrayText(types.map(({ maxRetryCount }) => maxRetryCount)),
      max_timeout_retries: arrayText(types.map(({ maxTimeoutRetryCount }) => maxTimeoutRetryCount)),
      timeouts: arrayText(types.map(({ timeoutMs }) => Math.ceil(timeoutMs))),
      room: claim?.room ?? 0,
      beside: claim?.beside ?? 0,
      idle: claim?.idle ?? false,
      max_crashes: claim?.maxCrashCount ?? 1,
      begins: begins.length === 0 ? null : beginsText(begins),
      ahead_of: claim?.aheadOf ?? null,
      begun_through: begunThrough ?? null,
      free: claim?.free ?? null,
      bundles_first: bundlesFirst,
    },
    '*',
  )
}

type Success = Extract<Outcome, { kind: 'succeeded' }>
type OddOutcome = Exclude<Outcome, Success>

/** Of what needs no quotes. */
function arrayText(values: readonly (string | number)[]): string {
  return `{${values.join(',')}}`
}

/** Each once; null where there is none. */
function arrayOrNull(values: readonly (string | null | undefined)[]): string | null {
  const known = new Set(values.filter((value) => value != null))
  return known.size === 0 ? null : arrayText([...known])
}

/** As the numbers that they are. */
function bySequence({ seq: a }: AttemptKey, { seq: b }: AttemptKey): number {
  return a.length - b.length || (a < b ? -1 : 1)
}

/** What was returned: JSON texts already, quoted as an array's elements. */
function resultsText(done: readonly Success[]): string | null {
  if (done.every(({ result }) => result === null)) return null
  return arrayText(done.map(({ result }) => (result === null || result === 'null' ? 'null' : quoted(result))))
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`
}

type Place = NonNullable<ClaimedType['from']>

function fromsText(types: readonly ClaimedType[], part: (from: Place) => string | number): string | null {
  if (types.every(({ from }) => from === undefined)) return null
  return arrayText(types.map(({ from }) => (from === undefined ? 'null' : part(from))))
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
  failed: 'f',
  terminal: 'x',
  timedOut: 't',
  cancelled: 'c',
  released: 'r',
  snoozed: 'z',
} as const

/** Error data are JSON texts already; they are set in as they are. In the order of sequences: the one lock order. */
function endsText(workerId: string, outcomes: readonly OddOutcome[]): string {
  const ordered = [...outcomes].sort((a, b) => (BigInt(a.seq) < BigInt(b.seq) ? -1 : 1))
  return `[${ordered.map((outcome) => endText(workerId, outcome)).join(',')}]`
}

function endText(workerId: string, outcome: OddOutcome): string {
  const ran = outcome.ranMs === undefined ? '' : `,"ran_ms":${outcome.ranMs}`
  const fixed = `"seq":${outcome.seq},"attempt":${outcome.attempt},"worker_id":"${workerId}","outcome":"${CODES[outcome.kind]}"${ran}`
  switch (outcome.kind) {
    case 'released':
      return `{${fixed}}`
    case 'snoozed':
      return `{${fixed},"wait_ms":${outcome.delayMs}${outcome.holdsGroup === true ? ',"holds":true' : ''}}`
    default:
      return `{${fixed},"message":${JSON.stringify(outcome.error.message)}${dataText(outcome.error.data)}${retryText(outcome)}}`
  }
}

function dataText(data: string | null): string {
  return data === null ? '' : `,"data":${data}`
}

function retryText(outcome: OddOutcome): string {
  if (!('retry' in outcome)) return ''
  return 'at' in outcome.retry
    ? `,"retry_at":"${outcome.retry.at.toISOString()}"`
    : `,"wait_ms":${outcome.retry.waitMs}`
}

export function attemptOf({ seq, attempt }: StepRow): AttemptKey {
  return { seq, attempt }
}
