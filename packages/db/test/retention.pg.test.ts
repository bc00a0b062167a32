import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buffersOf, planningClient } from './buffers.ts'
import { queueDatabase } from './queue-database.ts'

// Pages that the clearing up reads each minute, and not time. There is nothing to delete, and much that is kept: at the front jobs
// and bundles that failed, whose time is longer, behind them what stopped now. No statistics are taken and nothing is vacuumed,
// until the second half.

const KEPT = 20_000
const FRESH = 100_000
const clearUp = {
  sql: "select * from delete_outdated(interval '7 days', interval '30 days', interval '14 days')",
}

let client: pg.Client
let database: Awaited<ReturnType<typeof queueDatabase>>
beforeAll(async () => {
  database = await queueDatabase()
  for (const table of ['job', 'job_stopped', 'job_bundle', 'job_available'])
    await database.query(`alter table worker.${table} set (autovacuum_enabled = false)`)
  client = await planningClient(database.url)
  await fill(1, KEPT, 'f', '8 days')
  await fill(KEPT + 1, KEPT + FRESH, 's', '0')
}, 120_000)
afterAll(() => client.end())

test(`the first to pass ${KEPT} kept jobs and bundles reads a batch at a time`, async () => {
  expect(await buffersOf(client, clearUp)).toBeLessThanOrEqual(3_000) // 2,035 seen: five hundred of each, four pages a job
})

test(`once they are passed, it reads at most 90 pages, in front of ${FRESH} that stopped now`, async () => {
  await pass()
  await client.query("update sweep set rests_until = now() + interval '1 day'")
  expect(await buffersOf(client, clearUp)).toBeLessThanOrEqual(90) // 58 seen
  await client.query('analyze')
  expect(await buffersOf(client, clearUp)).toBeLessThanOrEqual(90)
  const later = await planningClient(database.url)
  expect(await buffersOf(later, clearUp)).toBeLessThanOrEqual(90)
  await later.end()
})

test('the sweep rests the longer, the more it has passed in vain', async () => {
  await client.query('update sweep set rests_until = now()')
  await client.query('select * from delete_outdated($1, $2, null)', ['7 days', '30 days'])
  const { rows } = await client.query(
    `select what, round(extract(epoch from rests_until - now()) / 60)::int as minutes, passed::int from sweep order by what`,
  )
  expect(rows).toEqual([
    { what: 'b', minutes: 3, passed: 0 },
    { what: 'j', minutes: 3, passed: 0 },
  ])
})

/** Clears up until it has come past all that is kept. */
async function pass(): Promise<void> {
  await client.query("update sweep set rests_until = now() + interval '1 day'")
  for (let more = true; more; ) more = (await client.query(clearUp.sql)).rows[0].more
}

/** Jobs of no bundle, and as many bundles of none. */
async function fill(from: number, to: number, outcome: 's' | 'f', age: string): Promise<void> {
  const rows = `generate_series(${from}, ${to}) n`
  const at = `now() - interval '${age}'`
  await client.query(`insert into job (seq, id, type, payload, origin, created_at)
    select n, gen_random_uuid(), 'a', '{}', 'test', ${at} from ${rows}`)
  await client.query(`insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, stopped_at)
    select n, '${outcome}', 1, 0, 0, 0, ${at} from ${rows}`)
  await client.query(`insert into job_bundle (id, type, origin, sealed, num_jobs, num_stopped, num_failed, epoch, stopped_at)
    select gen_random_uuid(), 'b', 'test', true, 1, 1, ${outcome === 'f' ? 1 : 0}, 1, ${at} from ${rows}`)
}
