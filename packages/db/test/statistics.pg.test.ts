import type pg from 'pg'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { buffersOf, planningClient } from './buffers.ts'
import { queueDatabase } from './queue-database.ts'

// Pages that the statistics read, and not time: what stopped lately, and not what stopped long ago.

const LONG_AGO = 100_000
const LATELY = 500
const lastHour = {
  sql: "select minute, type, state, jobs from stopped_by_minute where minute >= now() - interval '1 hour'",
}

let client: pg.Client
let url: string
beforeAll(async () => {
  const database = await queueDatabase()
  url = database.url
  for (const table of ['job', 'job_stopped'])
    await database.query(`alter table worker.${table} set (autovacuum_enabled = false)`)
  client = await planningClient(database.url)
  await stopped(1, LONG_AGO, '3 days')
  await client.query('vacuum job_stopped') // which autovacuum does after as many
  await stopped(LONG_AGO + 1, LONG_AGO + LATELY, '10 minutes')
  await client.query(`update folding set folded_until = date_trunc('minute', now() - interval '1 day')`)
}, 120_000)
afterAll(() => client.end())

test(`the last hour is read from the pages of its ${LATELY} jobs, in front of ${LONG_AGO} older ones`, async () => {
  // Four pages a job, for its type, and those of two ranges.
  expect(await buffersOf(client, lastHour)).toBeLessThanOrEqual(2_200)
  const { rows } = await client.query(lastHour.sql)
  expect(rows).toMatchObject([{ type: 'a', state: 'succeeded', jobs: `${LATELY}` }])
})

test('counting them once their minute is over reads as much, and the last hour is read from what was counted', async () => {
  expect(await buffersOf(client, { sql: 'select fold_minutes()' })).toBeLessThanOrEqual(2_600)
  await client.query('select fold_minutes()')
  expect(await buffersOf(client, lastHour)).toBeLessThanOrEqual(150)
  await client.query('analyze')
  const later = await planningClient(url)
  expect(await buffersOf(later, lastHour)).toBeLessThanOrEqual(150)
  await later.end()
  const { rows } = await client.query(lastHour.sql)
  expect(rows).toMatchObject([{ type: 'a', state: 'succeeded', jobs: `${LATELY}` }])
})

/** Jobs that succeeded so long ago. */
async function stopped(from: number, to: number, ago: string): Promise<void> {
  const rows = `generate_series(${from}, ${to}) n`
  await client.query(`insert into job (seq, id, type, payload, origin, created_at)
    select n, gen_random_uuid(), 'a', '{}', 'test', now() - interval '${ago}' from ${rows}`)
  await client.query(`insert into job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, stopped_at)
    select n, 's', 1, 0, 0, 0, now() - interval '${ago}' from ${rows}`)
}
