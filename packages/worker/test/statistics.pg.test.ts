import { Hand, outcome } from '@jq/testing/conformance'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { postgresUniverse } from './postgres-universe.ts'

const MINUTE = 60_000
const DAY = 86_400_000

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let hand: Hand
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  hand = await Hand.join(universe.queue)
})
afterEach(async () => {
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

/** Adds so many jobs and brings them to this end. */
async function end(how: 'succeeded' | 'failed', count: number): Promise<readonly string[]> {
  const added = await universe.queue.addMany(
    Array.from({ length: count }, () => ({ type: 'work', payload: {} })),
  )
  await hand.beat()
  const ends = { succeeded: outcome.succeeded, failed: outcome.terminal }
  await hand.settle(...(await hand.claim(count)).map((claimed) => ends[how](claimed)))
  return added.map(({ id }) => id)
}

/** What everybody sees, all minutes together. */
async function counts(): Promise<Record<string, number>> {
  const rows = await universe.query(
    `select type || ' ' || state as what, sum(jobs)::int as jobs from worker.stopped_by_minute group by 1 order by 1`,
  )
  return Object.fromEntries(rows.map(({ what, jobs }: { what: string; jobs: number }) => [what, jobs]))
}

/** What stands in the table that outlives the jobs. */
async function folded(): Promise<number> {
  const [row] = await universe.query('select coalesce(sum(jobs), 0)::int as jobs from worker.stat_minute')
  return row.jobs
}

const both = { 'work failed': 2, 'work succeeded': 3 }

test('what stopped is counted at once, the same once its minute was folded, and the same when its row is gone', async () => {
  await end('succeeded', 3)
  await end('failed', 2)
  expect([await counts(), await folded()]).toEqual([both, 0])
  await universe.keep()
  expect([await counts(), await folded()]).toEqual([both, 0])
  await universe.age(10 * MINUTE)
  await universe.keep()
  expect([await counts(), await folded()]).toEqual([both, 5])
  await universe.keep()
  expect([await counts(), await folded()]).toEqual([both, 5])
  await universe.age(31 * DAY)
  await universe.keep()
  expect(await universe.queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
  expect([await counts(), await folded()]).toEqual([both, 5])
})

test('what is deleted, or reset, before its minute was folded is counted all the same', async () => {
  const [first, second] = await end('failed', 3)
  await universe.queue.deleteJob(first as string)
  await universe.queue.resetJob(second as string)
  expect([await counts(), await folded()]).toEqual([{ 'work failed': 3 }, 2])
  await hand.settle(...(await hand.claim()).map((claimed) => outcome.succeeded(claimed)))
  expect(await counts()).toEqual({ 'work failed': 3, 'work succeeded': 1 })
  await universe.age(10 * MINUTE)
  await universe.keep()
  await universe.queue.deleteAllJobsAndBundles()
  expect(await counts()).toEqual({ 'work failed': 3, 'work succeeded': 1 })
})

test('deleting everything leaves the statistics as they were', async () => {
  await end('succeeded', 2)
  await universe.queue.deleteAllJobsAndBundles()
  expect(await counts()).toEqual({ 'work succeeded': 2 })
})

test('a minute and its run times are told in milliseconds, by the start of the minute', async () => {
  await end('succeeded', 2)
  await universe.query(
    `update worker.job_stopped set started_at = stopped_at - interval '1.5 seconds', stopped_at = stopped_at`,
  )
  const rows = await universe.query(
    `select ran_ms, minute = date_trunc('minute', minute) and minute > now() - interval '2 minutes' as whole from worker.stopped_by_minute`,
  )
  expect(rows).toEqual([{ ran_ms: 3_000, whole: true }])
})

test('of a minute that is over one row of each kind is left, however often something of it was deleted', async () => {
  for (const id of await end('failed', 5)) await universe.queue.deleteJob(id)
  expect(await universe.query('select from worker.stat_minute')).toHaveLength(5)
  await universe.age(10 * MINUTE)
  await universe.keep()
  const kinds = await universe.query('select distinct minute, type, outcome from worker.stat_minute')
  expect(await universe.query('select from worker.stat_minute')).toHaveLength(kinds.length)
  expect([await counts(), await folded()]).toEqual([{ 'work failed': 5 }, 5])
})

test('a minute is not folded while a transaction is open that began in it', async () => {
  const other = new pg.Client({ connectionString: universe.url })
  await other.connect()
  await other.query('begin')
  const [added] = await universe.queue.addMany([{ type: 'work', payload: {} }])
  await other.query('select worker.cancel_job($1)', [added?.id])
  // Ten minutes later, for whom is asked: no clock goes on for an open transaction.
  await universe.query(`select worker.fold_minutes('-10 minutes')`)
  await other.query('commit')
  await other.end()
  expect(await counts()).toEqual({ 'work cancelled': 1 })
})

test('who deletes what is not folded yet holds up no other process, which folds a minute later', async () => {
  const [id] = await end('succeeded', 2)
  await universe.age(8 * MINUTE)
  const other = new pg.Client({ connectionString: universe.url })
  await other.connect()
  await other.query('begin')
  await other.query('select worker.delete_job($1)', [id])
  await universe.keep()
  expect(await folded()).toBe(0)
  await other.query('commit')
  await other.end()
  await universe.keep()
  expect([await counts(), await folded()]).toEqual([{ 'work succeeded': 2 }, 2])
})

test('statistics are kept for 90 days', async () => {
  await end('succeeded', 1)
  await universe.age(89 * DAY)
  await universe.keep()
  expect(await counts()).toEqual({ 'work succeeded': 1 })
  await universe.age(DAY)
  await universe.keep()
  expect(await counts()).toEqual({})
})
