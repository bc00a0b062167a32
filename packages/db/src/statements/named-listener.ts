import type { WantedKinds } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import type { EventRow } from './event-row.ts'

/** Registers a name, or says that a process of it is there. */
export function listenByName(
  statements: Statements,
  name: string,
  { jobs, bundles, changes }: WantedKinds,
): CompiledQuery<unknown> {
  const args = { its_name: name, wants_jobs: jobs, wants_bundles: bundles, wants_changes: changes }
  return call(statements, 'listen_by_name', args, 'null as done')
}

/** Takes or renews the lease on a name. '0': we have it; else how long another may have it; null: the name is forgotten. */
export function holdListener(
  statements: Statements,
  name: string,
  holder: string,
): CompiledQuery<{ held_for_ms: string | null }> {
  const args = { its_name: name, its_holder: holder }
  return call(statements, 'hold_listener', args, 'hold_listener::text as held_for_ms')
}

export interface NamedEventRow extends EventRow {
  /** How often it was told in vain. */
  readonly tries: number
}

export const NAMED_EVENTS_A_PAGE = 100

const COLUMNS =
  'tx, id, kind, job_id, job_type, origin, bundle_id, bundle_type, attempt, outcome, will_retry, epoch, has_error, previous, current, schedule_name, schedule_key, tries'

/** The next events of a name, for its holder: those to be told again, and those past its cursor. */
export function nextEvents(
  statements: Statements,
  name: string,
  holder: string,
): CompiledQuery<NamedEventRow> {
  const args = { its_name: name, its_holder: holder, most: NAMED_EVENTS_A_PAGE }
  return call(statements, 'next_events', args, COLUMNS)
}

export interface EventKey {
  readonly tx: string
  readonly id: string
}

/** What became of events that were told. */
export interface EventNotes {
  /** Everything up to here was told; null: the cursor stays. */
  readonly upTo: EventKey | null
  readonly done: readonly EventKey[]
  readonly again: readonly (EventKey & { readonly tries: number; readonly waitMs: number })[]
}

/** Notes what became of events; `held` is 0 where another process tells them now. */
export function noteEvents(
  statements: Statements,
  name: string,
  holder: string,
  { upTo, done, again }: EventNotes,
): CompiledQuery<{ held: number; again_ms: string | null }> {
  const args = {
    its_name: name,
    its_holder: holder,
    its_tx: upTo?.tx ?? null,
    its_id: upTo?.id ?? null,
    done: JSON.stringify(done.map(({ tx, id }) => ({ tx, id }))),
    again: JSON.stringify(again.map(({ tx, id, tries, waitMs }) => ({ tx, id, tries, wait_ms: waitMs }))),
  }
  return call(statements, 'note_events', args, 'held::int, again_ms::text')
}

/** The holder's last word. */
export function leaveListener(statements: Statements, name: string, holder: string): CompiledQuery<unknown> {
  return call(statements, 'leave_listener', { its_name: name, its_holder: holder }, 'null as done')
}

/** Ends a name. */
export function forgetListener(statements: Statements, name: string): CompiledQuery<{ found: number }> {
  return call(statements, 'forget_listener', { its_name: name }, 'forget_listener::int as found')
}
