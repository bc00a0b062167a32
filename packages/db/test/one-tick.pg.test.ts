import pg from 'pg'
import { expect, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { queueDatabase } from './queue-database.ts'

test('a tick of a schedule has one job, whoever adds it again and whatever the guards before it say', async () => {
  const database = await queueDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  await queue.schedule({ name: 'hourly', job: { type: 'work', payload: {}, uniqueKey: 'k' }, every: '1h' })
  const add = (at: string) =>
    database.query(`select worker.add_tick(s, '${at}', gen_random_uuid()) from worker.schedule s`)
  await add('2026-01-01T01:00Z')
  await database.query('delete from worker.job_key') // as if the first one had ended
  await add('2026-01-01T01:00Z')
  expect(await database.query(`select tick = '2026-01-01T01:00Z' as first from worker.job`)).toEqual([
    { first: true },
  ])
  expect(await database.query('select from worker.schedule_run')).toHaveLength(1)
  expect(await database.query('select from worker.job_key')).toEqual([])
  await add('2026-01-01T02:00Z')
  expect(await database.query('select from worker.job')).toHaveLength(2)
  await queue.close()
})

test('who counts what has ended waits for no caller who adds the schedule anew in an open transaction', async () => {
  const database = await queueDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  const hourly = {
    name: 'hourly',
    job: { type: 'work', payload: {} },
    every: '1h',
    runImmediately: true,
  } as const
  const { lastJobId } = await queue.schedule(hourly)
  await queue.cancelJob(lastJobId as string)
  await queue.unschedule('hourly')
  const caller = new pg.Client(database.url)
  await caller.connect()
  await caller.query('begin isolation level read committed')
  await queue.schedule(hourly, { db: caller })
  await database.query(`set lock_timeout = '5s'; select worker.count_runs()`)
  await caller.query('commit')
  await caller.end()
  expect(await queue.getSchedule('hourly')).toMatchObject({ successCount: 0 })
  await queue.close()
})
