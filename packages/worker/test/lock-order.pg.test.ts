import { until } from '@jq/testing'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest'
import { postgresUniverse } from './postgres-universe.ts'

// A command on many jobs meets one on a single member, which has its place already and is yet to count it: each takes all places
// before the first bundle, so that neither waits for the other crosswise. A gate keeps the single one where the two must meet.

const BUNDLE = '00000000-0000-7000-8000-0000000000b0'
const FIRST = '00000000-0000-7000-8000-0000000000f1'
const SECOND = '00000000-0000-7000-8000-0000000000f2'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
const clients: pg.Client[] = []
let gate: pg.Client
let one: pg.Client
let many: pg.Client
beforeAll(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  for (let n = 0; n < 3; n++) {
    const client = new pg.Client(
      // As our client's transactions are. What they ask names no schema.
      withSettings(universe.url, {
        search_path: 'worker',
        default_transaction_isolation: 'read committed',
      }),
    )
    await client.connect()
    clients.push(client)
  }
  ;[gate, one, many] = clients as [pg.Client, pg.Client, pg.Client]
})
afterAll(async () => {
  await Promise.all(clients.map((client) => client.end()))
  await universe.close()
})

const commands = {
  'the cancelling of its bundle': { sql: `select * from cancel_bundle('${BUNDLE}')`, stopped: false },
  'the deleting of its bundle': { sql: `select delete_bundle('${BUNDLE}')`, stopped: false },
  'the deleting of everything': { sql: 'select delete_everything()', stopped: false },
  'the resetting of several that have stopped': {
    sql: `select reset_jobs('["${SECOND}", "${FIRST}"]', false)`,
    stopped: true,
  },
  'the deleting of its origin': { sql: `select delete_jobs_of('o', null, 100)`, stopped: false },
  'the deleting of its origin, stopped': { sql: `select delete_jobs_of('o', null, 100)`, stopped: true },
}

describe('the deleting of a member does not collide with', () => {
  beforeEach(() =>
    universe.query('truncate worker.job, worker.job_available, worker.job_stopped, worker.job_bundle'),
  )
  for (const [name, { sql, stopped }] of Object.entries(commands))
    test(name, async () => {
      const member = (id: string) => ({ id, type: 'work', origin: 'o', payload: 1 })
      await many.query(`select * from insert_whole_bundle($1, 'b', 'p', null, $2, true)`, [
        BUNDLE,
        JSON.stringify([FIRST, SECOND].map(member)),
      ])
      if (stopped) await many.query('select * from cancel_bundle($1)', [BUNDLE])
      await gate.query('begin')
      await gate.query('select from job where id = $1 for update', [SECOND])
      const deleting = one.query('select delete_job($1)', [SECOND])
      await waiting(one)
      const acting = many.query(sql)
      const settled = Promise.allSettled([deleting, acting])
      await waiting(many)
      await gate.query('rollback')
      expect((await settled).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      expect(await universe.broken()).toEqual([])
    })
})

async function waiting(client: pg.Client): Promise<void> {
  const pid = (client as unknown as { processID: number }).processID
  await until('it waits for another', async () => {
    const { rows } = await gate.query('select cardinality(pg_blocking_pids($1)) > 0 as waits', [pid])
    return rows[0].waits
  })
}
