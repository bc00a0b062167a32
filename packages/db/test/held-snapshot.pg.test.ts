import pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buffersOf, type Measured, planningClient } from './buffers.ts'
import { queueDatabase } from './queue-database.ts'

// While somebody holds an old snapshot, 20,000 attempts come and go: their rows and index entries are dead and cannot be
// cleared away. Whoever walked over them would read 400 pages and more. Each session measures attempts of its own: what another has
// rewritten and rolled back cannot be cleared away either, and would fill their page.

const DEAD = 20_000
const me = '0197a000-0000-7000-8000-00000000000a'

/** Pages by statement, then by how many rows were live when the statistics were taken. */
const seen: Record<string, Record<string, number>> = {}
const clients: { end(): Promise<void> }[] = []
afterAll(() => Promise.all(clients.map((client) => client.end())))

beforeAll(async () => {
  const database = await queueDatabase()
  await database.query('alter table worker.job_running set (autovacuum_enabled = false)')
  const early = await planningClient(database.url)
  const holder = new pg.Client(database.url)
  await holder.connect()
  clients.push(early, holder)
  await early.query(
    `insert into worker (id, host, pid, version, job_types, threads, dead_for) values ('${me}', 'here', 1, '1', '{}', 1, '1h')`,
  )
  await early.query(`insert into job (seq, id, type, payload, origin)
    select n, gen_random_uuid(), 'test', '{}', 'test' from generate_series(${DEAD + 1}, ${DEAD + 70}) n`)
  await run(early, DEAD + 1, 10)
  await measure('early plans', early)
  await early.query('delete from job_running')
  await holder.query('begin isolation level repeatable read')
  await holder.query('select 1')
  await run(early, 1, DEAD)
  await early.query('delete from job_running')
  for (const [place, live] of [0, 1, 10].entries()) {
    const first = DEAD + 11 + 20 * place
    await run(early, first, live)
    await early.query('analyze job_running')
    await run(early, first + live, 10 - live)
    await measure(`statistics at ${live}`, early)
    await early.query('delete from job_running')
    await run(early, first + 10, 10)
    const fresh = await planningClient(database.url)
    clients.push(fresh)
    await measure(`statistics at ${live}, fresh session`, fresh)
    await early.query('delete from job_running')
  }
}, 120_000)

const promised: readonly { what: string; pages: number; because: string; measured: Measured }[] = [
  {
    what: 'settling ten that succeeded',
    pages: 125,
    because: '4 to find and lock each, 2 to delete it, 4 to insert it into job_stopped',
    measured: settling('s'),
  },
  {
    what: 'releasing ten',
    pages: 200,
    because: 'each reads its job, and is kept in job_attempt and job_available',
    measured: settling('r'),
  },
  {
    what: 'checking ten',
    pages: 40,
    because: 'two pages of the primary key and one of the table for each',
    measured: {
      sql: 'select * from check_attempts($1, $2)',
      values: async (client) => [me, JSON.stringify(await inHand(client))],
    },
  },
  {
    what: 'keeping the progress of one',
    pages: 10,
    because: 'one row, rewritten in place',
    measured: {
      sql: `select set_progress($1, $2, 1, '1')`,
      values: async (client) => [me, (await inHand(client))[0]?.seq],
    },
  },
  {
    what: 'cancelling one',
    pages: 40,
    because: 'one probe of each place',
    measured: {
      sql: 'select cancel_job((select id from job where seq = $1))',
      values: async (client) => [(await inHand(client))[0]?.seq],
    },
  },
  // The last, since what it rewrote and rolled back is one more thing to walk over.
  {
    what: 'beginning ten that were claimed ahead',
    pages: 100,
    because: '69 seen: each is probed to lock it and to rewrite it',
    measured: {
      sql: 'select * from begin_attempts($1, $2)',
      values: async (client) => [
        me,
        JSON.stringify((await inHand(client)).map((key) => ({ ...key, ago_ms: 0, timeout_ms: 60_000 }))),
      ],
    },
  },
]

for (const { what, pages, because, measured: _ } of promised) {
  test(`${what} reads at most ${pages} pages among ${DEAD} dead rows, whenever statistics were taken`, () => {
    const { 'early plans': __, ...counted } = seen[what] as Record<string, number>
    const most = Math.max(...Object.values(counted))
    expect(most, `${because}; now ${JSON.stringify(counted)}`).toBeLessThanOrEqual(pages)
  })
}

function settling(outcome: 's' | 'r'): Measured {
  if (outcome === 's')
    return {
      sql: 'select * from step($1, done => $2, attempts => $3)',
      values: async (client) => {
        const held = await inHand(client)
        return [me, held.map(({ seq }) => seq), held.map(({ attempt }) => attempt)]
      },
    }
  return {
    sql: 'select * from settle_attempts($1)',
    values: async (client) => [
      JSON.stringify((await inHand(client)).map((key) => ({ ...key, outcome, worker_id: me }))),
    ],
  }
}

async function inHand(client: pg.Client): Promise<readonly { seq: number; attempt: number }[]> {
  const { rows } = await client.query('select seq::int, attempt from job_running order by seq')
  return rows
}

/** Puts attempts in hand, without the way through job_available. */
async function run(client: pg.Client, first: number, count: number): Promise<void> {
  await client.query(`insert into job_running (seq, attempt, worker_id, started_at, retries, timeout_retries, crashes, max_retries,
      max_timeout_retries, max_crashes, keyed)
    select n, 1, '${me}', now(), 0, 0, 0, 3, 0, 3, false from generate_series(${first}, ${first + count - 1}) n`)
}

async function measure(moment: string, client: pg.Client): Promise<void> {
  for (const { what, measured } of promised) {
    seen[what] ??= {}
    seen[what][moment] = await buffersOf(client, measured)
  }
}
