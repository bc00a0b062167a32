import type pg from 'pg'
import { Refusal } from './refusal.ts'

/**
 * Runs `work` on a connection of its own.
 *
 * @throws Refusal where the database cannot be reached: with host, port, database and user, what PostgreSQL or the system
 * says, and one likely cause; never the password
 */
export async function withConnection<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const { Client } = (await import('pg')).default
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: 'jobqueue',
  })
  client.on('error', () => undefined) // the statement under way fails with it
  await client.connect().catch((error) => {
    throw outOfReach(client, error)
  })
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

function outOfReach({ host, port, database, user }: pg.Client, error: Error & { code?: string }): Refusal {
  const place = `database ${database} at ${host}:${port} as ${user}`
  const cause = LIKELY[error.code ?? ''] ?? 'Is the URL right, and the server up?'
  return new Refusal(`Cannot reach ${place}: ${reasonOf(error)}. ${cause}`, { cause: error })
}

/** Node tries all addresses of a host and reports them together, with an empty message. */
function reasonOf(error: Error): string {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof Error ? first.message : String(first)
}

const LIKELY: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'Nobody listens there: is PostgreSQL running, and on this port?',
  ENOTFOUND: 'No such host: is its name spelt right?',
  EAI_AGAIN: 'The name of the host cannot be looked up: is there a network?',
  ETIMEDOUT: 'Nobody answers there: does a firewall stand between?',
  EHOSTUNREACH: 'No way leads there: is there a network?',
  '28P01': 'Is the password right?',
  '28000': 'May this user connect from here? pg_hba.conf says so.',
  '3D000': 'Create it first: createdb, or create database.',
  '53300': 'All connections are taken: raise max_connections, or close some.',
  '57P03': 'It is starting up: try again in a moment.',
}
