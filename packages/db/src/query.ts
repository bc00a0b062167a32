import { PermissionDeniedError } from '@jq/core'
import type { CompiledQuery } from 'kysely'
import pg, { type ClientBase } from 'pg'
import { sqlVerdict } from './sql-state.ts'

/** A statement that hangs this long is on a dead connection: a half-open one would wait for ever. */
const HANGS_AFTER_MS = 14_000
/**
 * Within a transaction of ours: a client that the server waits for this long has been cut off. Its locks would stay until the network
 * tells the server, which takes two hours by default.
 */
export const idleNoLonger = `set local idle_in_transaction_session_timeout = ${2 * HANGS_AFTER_MS}`

/** Asks one statement of ours. @param name - where the server shall keep what it has parsed */
export async function query<Row>(
  client: ClientBase,
  statement: CompiledQuery<Row>,
  name?: string,
): Promise<Row[]> {
  const asked = { ...timed(statement.sql), values: [...statement.parameters], name }
  const { rows } = await client.query(asked).catch(refuseByName)
  return rows as Row[]
}

/** Here, where only statements of ours have failed, and not what a caller's own code has met meanwhile. */
function refuseByName(error: Error & { code?: string; detail?: unknown; where?: unknown }): never {
  // PostgreSQL puts values into these: parts of payloads and results, which are for no log.
  if (error.detail !== undefined) error.detail = undefined
  if (error.where !== undefined) error.where = undefined
  throw error.code === INSUFFICIENT_PRIVILEGE ? new PermissionDeniedError(error.message, error) : error
}
const INSUFFICIENT_PRIVILEGE = '42501'

/** The driver takes the time limit per statement, so that it holds on a caller's pool too. */
export function timed(text: string) {
  return { text, query_timeout: HANGS_AFTER_MS, types: plainTypes }
}

/** What our statements answer: texts, integers and truth, read alike whatever parsers the process has set for itself. */
const plainTypes = { getTypeParser: (oid: number) => PARSERS.get(oid) ?? String } as pg.CustomTypesConfig

const PARSERS = new Map<number, (text: string) => unknown>([
  [pg.types.builtins.BOOL, (text) => text === 't'],
  [pg.types.builtins.INT2, Number],
  [pg.types.builtins.INT4, Number],
])

/** True for errors that the server sent, and after which it takes the next statement. */
function isServersAnswer(error: unknown): boolean {
  const { severity } = error as { severity?: string }
  return severity === 'ERROR'
}

/** True where the connection may be gone or out of step. What the caller's own code throws says nothing of the connection. */
export function isDriversError(error: unknown): boolean {
  return !isServersAnswer(error) && sqlVerdict(error) === 'transient'
}
