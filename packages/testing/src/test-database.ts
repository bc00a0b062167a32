import { randomUUID } from 'node:crypto'
import pg from 'pg'

/** What {@link createTestDatabase} accepts. */
export interface TestDatabaseOptions {
  /** Connects to any database of the server, as a user who may create databases. */
  serverUrl: string
  /** @defaultValue a name that no other database has */
  name?: string | undefined
  /** The database it becomes a copy of. Nobody may be connected to that one meanwhile. @defaultValue none: it is empty */
  template?: string | undefined
}

/** A database of one's own, empty at first. */
export interface TestDatabase {
  readonly url: string
  readonly name: string
  /** Runs one statement, or several without values, on a connection of the database's own pool. */
  query<Row = Record<string, unknown>>(sql: string, values?: readonly unknown[]): Promise<Row[]>
  /** Disconnects everybody and removes the database. May be called again. */
  drop(): Promise<void>
}

/**
 * Makes a database on a server that is there, so that tests which run side by side do not meet.
 *
 * @example
 * const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
 * afterAll(() => database.drop())
 */
export async function createTestDatabase(options: TestDatabaseOptions): Promise<TestDatabase> {
  // template0 and not template1: nobody can be connected to it, and a connection to the template would be an error.
  const { serverUrl, name = uniqueName(), template = 'template0' } = options
  await runOnServer(
    serverUrl,
    `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)}`,
  )
  return openDatabase(serverUrl, name)
}

/** Lets nobody in any more and disconnects who is in, so that the database can be copied whoever had forgotten to leave. */
export async function closeToClients(serverUrl: string, name: string): Promise<void> {
  await runOnServer(serverUrl, `alter database ${pg.escapeIdentifier(name)} allow_connections false`)
  await runOnServer(
    serverUrl,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = ${pg.escapeLiteral(name)}`,
  )
}

function openDatabase(serverUrl: string, name: string): TestDatabase {
  const url = urlOfDatabase(serverUrl, name)
  const pool = new pg.Pool({ connectionString: url, max: 4 })
  pool.on('error', () => undefined) // a test may end our idle connections too
  let dropped: Promise<void> | undefined
  return {
    url,
    name,
    async query<Row>(sql: string, values?: readonly unknown[]) {
      const { rows } = await pool.query(sql, values && [...values])
      return rows as Row[]
    },
    drop() {
      dropped ??= dropDatabase(serverUrl, name, pool)
      return dropped
    },
  }
}

/** Drops first and ends the pool then: the other way round, a statement that hangs would keep the database. */
async function dropDatabase(serverUrl: string, name: string, pool: pg.Pool): Promise<void> {
  await runOnServer(serverUrl, `drop database if exists ${pg.escapeIdentifier(name)} with (force)`)
  await pool.end()
}

async function runOnServer(serverUrl: string, sql: string): Promise<void> {
  const client = new pg.Client(serverUrl)
  client.on('error', () => undefined) // the query says it
  await client.connect()
  try {
    // A database is copied as long as its size takes, whatever the server's limit is. Sent apart: in one message they would be one transaction.
    await client.query('set statement_timeout = 0')
    await client.query(sql)
  } finally {
    await client.end()
  }
}

function uniqueName(): string {
  return `jq_test_${randomUUID().replaceAll('-', '')}`
}

function urlOfDatabase(serverUrl: string, name: string): string {
  const url = new URL(serverUrl)
  url.pathname = `/${encodeURIComponent(name)}`
  return url.href
}
