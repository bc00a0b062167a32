import { expect, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'

test('what waits beyond the count is estimated, and never below it', async () => {
  const database = await queueDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  for (const [type, count] of [
    ['many', 1_000],
    ['some', 100],
    ['few', 5],
  ] as const)
    await queue.addMany(Array.from({ length: count }, () => ({ type, payload: 1 })))
  await queue.close()
  const waiting = async () => database.query('select type, waiting::int from worker.read_types(most => 10)')
  await database.query('delete from pg_statistic where starelid = $1::regclass', ['worker.job_available'])
  expect(await waiting()).toEqual([
    { type: 'few', waiting: 5 },
    { type: 'many', waiting: 10 },
    { type: 'some', waiting: 10 },
  ])
  await database.query('analyze worker.job_available')
  expect(await waiting()).toEqual([
    { type: 'few', waiting: 5 },
    { type: 'many', waiting: 1_000 },
    { type: 'some', waiting: 100 },
  ])
})
