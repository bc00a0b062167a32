import { expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

const database = await queueDatabase()

test.for([
  ['more stopped ones than there are', 1, 0, [false, false]],
  ['fewer stopped ones than none', -1, 0, [false]],
  ['fewer failed ones than none', -1, 1, [true]],
  ['fewer than have stopped', 0, -1, [false, false]],
] as const)('no bundle counts %s', async ([, stops, joins, failed]) => {
  const queue = createJobQueue({ connectionString: database.url })
  onTestFinished(() => queue.close())
  const { id } = await queue.addBundle({ type: 'b', origin: 'o', jobs: [anything.with(1)] })
  const counting = database.query(
    'select worker.count_members(array_fill($1::uuid, array[$2::int]), $3, $4, $5)',
    [id, failed.length, failed, stops, joins],
  )
  await expect(counting).rejects.toMatchObject({ code: '23514' })
  expect(await queue.getJobBundle(id)).toMatchObject({ numJobs: 1, numJobsStopped: 0 })
})

test('a rate is set with both of its numbers, or not at all', async () => {
  const setting = database.query(`select worker.set_limit('a', null, 5, null, false)`)
  await expect(setting).rejects.toMatchObject({ code: '22023' })
  const rows = await database.query(`select from worker.type_limit where type = 'a'`)
  expect(rows).toEqual([])
})

test('members of a bundle that is not there are counted nowhere', async () => {
  await database.query('select worker.count_members(array[gen_random_uuid()], array[false], 1, 0)')
})
