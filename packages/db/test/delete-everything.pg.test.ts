import type { WorkerService } from '@jq/core'
import { newId } from '@jq/core/internal'
import type { TestDatabase } from '@jq/testing'
import pg from 'pg'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { createJobQueue } from '../src/index.ts'
import { countedPool } from './counted-pool.ts'
import { queueDatabase } from './queue-database.ts'
import { anything, numbered } from './some-jobs.ts'

const NOTHING = { numJobs: 0, numJobBundles: 0 }

let database: TestDatabase
let queue: WorkerService
/** What was asked, without what comes before the first statement. */
let statements: string[]
beforeEach(async () => {
  database = await queueDatabase()
  const counted = countedPool(database.url)
  queue = createJobQueue({ pool: counted.pool })
  onTestFinished(() => queue.close())
  await queue.addMany(numbered(700))
  await queue.add(anything, {}, { uniqueKey: 'k', runAfter: '1h' })
  const { id } = await queue.addBundle({
    type: 'b',
    origin: 'o',
    jobs: [...numbered(2), { ...anything.with({}), uniqueKey: 'l' }],
    whenStopped: [anything.with({})],
  })
  await queue.cancelJob((await queue.getJobBundle(id))?.jobs[0]?.id as string)
  await queue.addBundle({ type: 'b', origin: 'o', jobs: [], open: true })
  statements = counted.statements
  statements.length = 0
})

test('where nobody is at the tables, everything goes at once', async () => {
  await queue.deleteAllJobsAndBundles()
  expect(statements).toHaveLength(1)
  expect(await queue.getStatus()).toEqual(NOTHING)
})

test('where somebody is at a table and stays there, everything goes in batches, and no bundle stops by it', async () => {
  await readingClient()
  await queue.deleteAllJobsAndBundles()
  const asked = [...statements]
  expect(await queue.getStatus()).toEqual(NOTHING) // a stop would have added its whenStopped job
  expect(asked.map((sql) => /"worker"\."(\w+)"/.exec(sql)?.[1])).toEqual([
    'begin_deletion',
    ...['delete_bundles_up_to', 'delete_bundles_up_to'],
    ...['delete_jobs_up_to', 'delete_jobs_up_to', 'delete_jobs_up_to'],
  ])
  expect(await database.query('select from worker.job_key')).toEqual([])
})

test('schedules go on: one that waits for its run waits no longer', async () => {
  await addWaitingSchedule()
  await queue.deleteAllJobsAndBundles()
  expect(statements).toHaveLength(1)
  expect(await queue.getStatus()).toEqual(NOTHING)
  expect(await waitingSchedules()).toEqual([{ waits: false, runs: 0 }])
})

test('a schedule that waits, and that somebody holds, keeps nothing waiting and goes on too', async () => {
  await addWaitingSchedule()
  const holder = await connected()
  await holder.query('begin; select from schedule for update')
  await queue.deleteAllJobsAndBundles()
  expect(await queue.getStatus()).toEqual(NOTHING)
  await holder.query('rollback; select count_runs()')
  expect(await waitingSchedules()).toEqual([{ waits: false, runs: 0 }])
})

test('what is added after its beginning does not keep it going', async () => {
  await readingClient()
  const deleting = await connected()
  const { rows } = await deleting.query('select * from begin_deletion()')
  const { id } = await queue.add(anything, {})
  const bundle = await queue.addBundle({ id: newId(), type: 'b', origin: 'o', jobs: numbered(1) })
  const { last_bundle: lastBundle, last_seq: lastSeq } = rows[0]
  await deleting.query('select delete_bundles_up_to($1, 1000)', [lastBundle])
  await deleting.query('select delete_jobs_up_to($1, 1000)', [lastSeq])
  expect((await queue.getJobs()).jobs.map((job) => job.id)).toEqual([bundle.jobs[0]?.id, id])
  expect(await queue.getStatus()).toEqual({ numJobs: 2, numJobBundles: 1 })
})

test('by SQL it belongs to the transaction of the caller, which may take it back', async () => {
  await readingClient()
  const caller = await connected()
  await caller.query('begin')
  await caller.query('select delete_everything()')
  const { rows } = await caller.query(
    'select (select count(*)::int from job) + (select count(*)::int from job_bundle) as n',
  )
  expect(rows).toEqual([{ n: 0 }])
  await caller.query('rollback')
  expect(await queue.getStatus()).toEqual({ numJobs: 704, numJobBundles: 2 })
})

/** Its time has come, and the job of the time before is there. */
async function addWaitingSchedule(): Promise<void> {
  await queue.schedule({
    name: 's',
    job: { type: 'anything', payload: {} },
    every: '1h',
    runImmediately: true,
  })
  await database.query('update worker.schedule set waits = true')
  statements.length = 0
}

function waitingSchedules(): Promise<readonly unknown[]> {
  return database.query(
    'select s.waits, (select count(*)::int from worker.schedule_run) as runs from worker.schedule s',
  )
}

/** In an open transaction that has read a table, so that nobody has it for himself. */
async function readingClient(): Promise<void> {
  const client = await connected()
  await client.query('begin; select from job_stopped limit 1')
}

async function connected(): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: database.url, options: '-c search_path=worker' })
  await client.connect()
  onTestFinished(() => client.end())
  return client
}
