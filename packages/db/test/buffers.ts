import { until } from '@jq/testing'
import pg from 'pg'

/** What is measured: a statement, and how to make its parameters where they depend on what is there. */
export interface Measured {
  readonly sql: string
  readonly values?: readonly unknown[] | ((client: pg.Client) => Promise<readonly unknown[]>)
}

interface Explained {
  readonly Plan: { readonly 'Shared Hit Blocks': number; readonly 'Shared Read Blocks': number }
}

/**
 * A connection that finds the queue's tables and that JIT would trouble wherever it is not switched off. It fills tables by the
 * hundred thousand rows and counts pages, not time: it has the time that it needs.
 */
export async function planningClient(url: string): Promise<pg.Client> {
  const options =
    '-c search_path=worker -c statement_timeout=0 -c jit=on -c jit_above_cost=0 -c jit_optimize_above_cost=0'
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  return client
}

/**
 * Pages of tables and indexes that a statement reads, with all that the functions in it read. Rolled back, and asked three times:
 * the first time the session learns the catalogs and makes its plans, which is not what a statement costs, and it does so again
 * where others have changed many catalogs at that moment. What was rolled back is out of the way of whoever is measured next.
 */
export async function buffersOf(client: pg.Client, measured: Measured): Promise<number> {
  await asked(client, measured)
  const [one, other] = [await asked(client, measured), await asked(client, measured)]
  if (other.xid !== null) await cleanedAway(client, other.xid)
  return Math.min(one.pages, other.pages)
}

async function asked(
  client: pg.Client,
  { sql, values = [] }: Measured,
): Promise<{ pages: number; xid: string | null }> {
  await client.query('begin')
  try {
    const parameters = typeof values === 'function' ? await values(client) : values
    const { rows } = await client.query(`explain (analyze, buffers, format json) ${sql}`, [...parameters])
    const { Plan }: Explained = rows[0]['QUERY PLAN'][0]
    const written = await client.query('select pg_current_xact_id_if_assigned()::text as xid')
    return { pages: Plan['Shared Hit Blocks'] + Plan['Shared Read Blocks'], xid: written.rows[0].xid }
  } finally {
    await client.query('rollback')
  }
}

/** Who comes to a page clears away what was rolled back there, but not while a transaction writes that began before, in any database. */
async function cleanedAway(client: pg.Client, xid: string): Promise<void> {
  const isOldest = 'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as yes'
  const oldest = async () => (await client.query(isOldest, [xid])).rows[0].yes
  await until('all that wrote beside it has ended', oldest, { within: '60s' })
}
