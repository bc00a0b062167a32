import { newId } from '@jq/core/internal'
import type { TestDatabase } from '@jq/testing'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { statementsFor } from '../src/statement.ts'
import { sample } from '../src/statements/sample.ts'
import { buffersOf, planningClient } from './buffers.ts'
import { queueDatabase } from './queue-database.ts'
import { anything, numbered } from './some-jobs.ts'

// What is counted in the database as it happens, since nobody could count it afterwards.

let database: TestDatabase
beforeEach(async () => {
  database = await queueDatabase()
})

function openQueue() {
  const queue = createJobQueue({ connectionString: database.url })
  onTestFinished(() => queue.close())
  return queue
}

/** Adds a bundle of so many members, each of which stops by being cancelled. */
async function stoppedBundle(queue: ReturnType<typeof openQueue>, members: number): Promise<string> {
  const { id } = await queue.addBundle({ type: 'b', origin: 'o', jobs: [...numbered(members)] })
  await queue.cancelJobBundle(id)
  return id
}

test('what retention deletes is counted by table: jobs, bundles and their members, those that go bit by bit too', async () => {
  const queue = openQueue()
  const { id } = await queue.add(anything, {})
  await queue.cancelJob(id)
  await stoppedBundle(queue, 3)
  await stoppedBundle(queue, 1_200)
  await database.query(`update worker.job set created_at = created_at - interval '40 days'`)
  await database.query(`update worker.job_stopped set stopped_at = stopped_at - interval '40 days'`)
  await database.query(`update worker.job_bundle set stopped_at = stopped_at - interval '40 days'`)
  for (let more = true; more; ) {
    const [row] = await database.query<{ more: boolean }>(
      `select more from worker.delete_outdated('7 days', '30 days', null)`,
    )
    more = row?.more === true && (await database.query('select from worker.job limit 1')).length > 0
  }
  expect((await queue.work.sample(newId(), 1_000))?.deleted).toEqual([
    { table: 'job', rows: 1_204 },
    { table: 'job_bundle', rows: 2 },
  ])
})

test('a bundle that stopped and whose counts disagree with its members is counted once, whoever looks', async () => {
  const queue = openQueue()
  const me = newId()
  const seen = async () => {
    await database.query('select worker.keep()')
    return (await queue.work.sample(me, 1_000))?.mismatchedBundles
  }
  await stoppedBundle(queue, 3)
  await queue.addBundle({ type: 'open', origin: 'o', jobs: [...numbered(2)] })
  expect(await seen()).toBe(0)
  for (const [column, count] of [
    ['num_failed', 1],
    ['num_jobs', 3],
  ] as const) {
    const wrong = await stoppedBundle(queue, 2)
    await database.query(`update worker.job_bundle set ${column} = ${count} where id = $1`, [wrong])
  }
  await stoppedBundle(queue, 2)
  expect(await seen()).toBe(2)
  expect(await seen()).toBe(2)
})

test('of bundles that have not stopped ten thousand are counted, of however many', async () => {
  const client = await planningClient(database.url)
  onTestFinished(() => client.end())
  const me = newId()
  const { sql, parameters } = sample(statementsFor('worker'), me, 1_000)
  const open = (count: number) =>
    client.query(`insert into job_bundle (id, type, origin, sealed, num_jobs)
      select gen_random_uuid(), 'type' || n % 8, 'test', true, 1 from generate_series(1, ${count}) n`)
  await open(9_000)
  expect((await openQueue().work.sample(me, 1_000))?.capped).toEqual([])
  await open(91_000)
  expect(await buffersOf(client, { sql, values: parameters })).toBeLessThanOrEqual(13_000) // 10,300 seen
  const { rows } = await client.query(sql, [...parameters])
  expect(JSON.parse(rows[0].sample).capped.bundles).toBe(true)
})
