import { found, type Verdict, well } from './finding.ts'
import type { Patient } from './patient.ts'

const OLDEST = 14
const NEWEST = 18
/** The client gives a statement fourteen seconds; what ends one much earlier ends good work. */
const SHORT_TIMEOUT_MS = 5_000
/** A worker needs a few connections at least, and somebody shall be able to look. */
const HEADROOM = 10

/** Which PostgreSQL is it? */
export async function lookAtServer({ ask }: Patient): Promise<Verdict> {
  const [server] = await ask<{ version: string; number: number; db: string; role: string }>(
    "select current_setting('server_version') as version, current_setting('server_version_num')::int as number, current_database() as db, current_user as role",
  )
  const major = Math.floor((server?.number ?? 0) / 10_000)
  const message = `PostgreSQL ${server?.version}, database ${server?.db} as ${server?.role}.`
  if (major >= OLDEST && major <= NEWEST) return well(message)
  return found(message, `The queue is tested with PostgreSQL ${OLDEST} to ${NEWEST}: use one of these.`)
}

/** Does the database take writes? */
export async function lookAtWriting({ ask }: Patient): Promise<Verdict> {
  const [state] = await ask<{ standby: boolean; only: string }>(
    "select pg_is_in_recovery() as standby, current_setting('default_transaction_read_only') as only",
  )
  if (state?.standby)
    return found(
      'The server is a standby: nothing can be added or claimed.',
      'Connect to the primary, by its own name or with target_session_attrs=read-write.',
    )
  if (state?.only === 'on')
    return found(
      'default_transaction_read_only is on: nothing can be added or claimed.',
      'Set it off for this role or database: alter role … set default_transaction_read_only = off.',
    )
  return well('The database takes writes.')
}

/** Is good work cut off? What is in force here was said by the server, the database, the role or the URL. */
export async function lookAtTimeout({ ask }: Patient): Promise<Verdict> {
  const [setting] = await ask<{ ms: number }>(
    "select reset_val::int as ms from pg_settings where name = 'statement_timeout'",
  )
  const ms = setting?.ms ?? 0
  if (ms === 0) return well('No statement_timeout: the client has its own.')
  if (ms >= SHORT_TIMEOUT_MS) return well(`statement_timeout is ${ms} ms.`)
  return found(
    `statement_timeout is ${ms} ms: on a busy day it ends claims and settles, which are tried again in vain.`,
    "Let it be 15 s at least for this role: alter role … set statement_timeout = '15s'.",
  )
}

/** Is there room for more processes? */
export async function lookAtConnections({ ask }: Patient): Promise<Verdict> {
  const [room] = await ask<{ most: number; used: number }>(
    `select current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most,
      (select sum(numbackends) from pg_stat_database)::int as used`,
  )
  const { most = 0, used = 0 } = room ?? {}
  const message = `${used} of ${most} connections are taken.`
  if (most - used >= HEADROOM) return well(message)
  return found(message, 'Raise max_connections, make pools smaller, or put a pooler before producers.')
}
