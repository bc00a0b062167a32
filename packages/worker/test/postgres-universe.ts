import { createJobQueue } from '@jq/db'
import { createTestDatabase, type TestDatabase } from '@jq/testing'
import { closeOnce, type Universe } from '@jq/testing/conformance'
import { brokenInvariants, withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll, inject } from 'vitest'

/** A queue in a database of its own, whose times can be set back: for what is stored, that much time has passed. */
export async function postgresUniverse(
  serverUrl: string,
): Promise<Universe & { url: string; query(sql: string, values?: unknown[]): Promise<any[]> }> {
  const database = await createTestDatabase({ serverUrl, template: inject('queueTemplate') })
  copies.push(database)
  const queue = createJobQueue({ connectionString: database.url })
  // As our client's statements are, whatever the server's default is.
  const own = withSettings(database.url, { default_transaction_isolation: 'read committed' })
  const pool = new pg.Pool({ connectionString: own, max: 4 })
  pool.on('error', () => undefined) // a test may end our idle connections too
  const query = async (sql: string, values: unknown[] = []) => (await pool.query(sql, values)).rows
  return {
    queue,
    url: database.url,
    query,
    age: async (ms) => {
      const sets = TIMES.map(
        ({ table, column }) =>
          `update worker.${table} set ${column} = ${column} - ${Number(ms)} * interval '1 ms'`,
      )
      await query([...sets, ...ticksGoBack(Number(ms))].join(';'))
    },
    keep: async () => {
      await query('select worker.keep()')
      await query(`select worker.delete_outdated('7 days', '30 days', null)`)
    },
    broken: () => brokenInvariants(query),
    transaction: (fn) => inTransaction(own, fn),
    close: async () => {
      await closeOnce(queue)
      await database.drop() // before the pool ends: a statement that hangs would keep it
      await pool.end()
    },
  }
}

/** What a test that failed has not removed itself. */
const copies: TestDatabase[] = []
afterAll(() => Promise.all(copies.map((database) => database.drop())))

/** No two jobs of a schedule have one tick, not even halfway, which PostgreSQL looks at row by row: first all go where none is. */
function ticksGoBack(ms: number): string[] {
  const away = "interval '8760000 hours'"
  return [
    `update worker.job set tick = tick - ${away} where tick is not null`,
    `update worker.job set tick = tick + ${away} - ${ms} * interval '1 ms' where tick is not null`,
  ]
}

/** On a connection of its own. */
async function inTransaction<T>(url: string, fn: (db: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query('begin')
    const value = await fn(client)
    await client.query('commit')
    return value
  } catch (error) {
    await client.query('rollback')
    throw error
  } finally {
    await client.end()
  }
}

const TIMES = [
  { table: 'worker', column: 'worker_alive_at' },
  { table: 'job_running', column: 'started_at' },
  { table: 'job_running', column: 'deadline' },
  { table: 'job_scheduled', column: 'start_at' },
  { table: 'job_stopped', column: 'stopped_at' },
  { table: 'job', column: 'created_at' },
  { table: 'job_bundle', column: 'created_at' },
  { table: 'job_bundle', column: 'stopped_at' },
  { table: 'event', column: 'at' },
  { table: 'event_again', column: 'due_at' },
  { table: 'named_listener', column: 'seen_at' },
  { table: 'named_listener', column: 'forgotten_at' },
  { table: 'job_attempt', column: 'started_at' },
  { table: 'job_attempt', column: 'ended_at' },
  { table: 'job_log', column: 'at' },
  { table: 'known_type', column: 'known_at' },
  { table: 'keeping', column: 'kept_at' },
  { table: 'sampling', column: 'sampled_at' },
  { table: 'keeping', column: 'unbroken_since' },
  { table: 'schedule', column: 'next_run_at' },
  { table: 'schedule', column: 'plan_from' },
  { table: 'schedule', column: 'last_run_at' },
  { table: 'schedule', column: 'updated_at' },
  { table: 'sweep', column: 'rests_until' },
  { table: 'stat_minute', column: 'minute' },
  { table: 'folding', column: 'folded_until' },
  { table: 'type_limit', column: 'set_at' },
  { table: 'type_limit', column: 'paused_at' },
  { table: 'type_limit', column: 'tokens_at' },
  { table: 'group_bucket', column: 'tokens_at' },
  { table: 'group_hold', column: 'until' },
]
