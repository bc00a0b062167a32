import { defineJob } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { createTestDatabase, type TestDatabase, until } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createMetrics } from '../src/index.ts'
import { seriesOf } from './series-of.ts'

const work = defineJob('work', { payload: z.object({}) })

let database: TestDatabase
const ends: (() => Promise<unknown>)[] = []
beforeEach(async () => {
  database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  await migrate({ connectionString: database.url })
})
afterEach(async () => {
  for (const end of ends.reverse()) await end()
  ends.length = 0
  await database.drop()
})

/** A process of its own, as far as the database can tell. */
function started(options: { bundles?: boolean } = {}) {
  const queue = createJobQueue({ connectionString: database.url })
  const worker = createWorker(queue).register(work, () => undefined)
  const metrics = createMetrics({ jobqueue: queue, worker, sampleEvery: '1s', ...options })
  ends.push(
    () => queue.close(),
    () => metrics.close(),
    () => worker.finishThreads(),
  )
  return { queue, worker, metrics }
}

test('a process tells how it fares with the database, and one of several what the database holds', async () => {
  const [one, other] = [started(), started()]
  await one.queue.add(work, {}, { runAfter: '1h' })
  await one.worker.startThreads(2)
  const seen = await seriesOf(one.metrics)
  expect(seen('jobqueue_jobs')).toEqual({ 'type="work",state="scheduled"': 1 })
  expect(seen('jobqueue_workers')).toEqual({ 'state="alive"': 1, 'state="silent"': 0, 'state="stopped"': 0 })
  expect(Object.keys(seen('jobqueue_worker_heartbeat_age_seconds'))).toEqual([`worker="${one.worker.id}"`])
  expect(seen('jobqueue_listen_connected')).toEqual({ '': 1 })
  expect(seen('jobqueue_db_pool_total')['pool="queue"']).toBeGreaterThan(0)
  expect(Object.keys(seen('jobqueue_build_info'))[0]).toContain(`schema_version="1"`)
  expect(seen('jobqueue_db_errors_total')).toEqual({})

  const elsewhere = await seriesOf(other.metrics)
  expect(elsewhere('jobqueue_jobs')).toEqual({})
  expect(elsewhere('jobqueue_listen_connected')).toEqual({ '': Number.NaN })

  await database.query('alter table worker.job_bundle rename to elsewhere')
  await expect(other.queue.getStatus()).rejects.toThrow()
  expect((await seriesOf(other.metrics))('jobqueue_db_errors_total')).toEqual({ 'class="42"': 1 })
})

test('what the database has counted is told by one process, as totals; and how long a notification takes by each that listens', async () => {
  const [one, other] = [started(), started()]
  await one.queue.schedule({ name: 'hourly', job: { type: 'work', payload: {} }, every: '1h' })
  await database.query(`insert into worker.tally (what, name, times)
    values ('deleted', 'job', 5), ('missed', 'hourly', 2), ('mismatched', '', 1)`)
  await one.queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({}, { runAfter: '1h' })] })
  await one.worker.startThreads(1)
  for (const _ of ['the first time', 'and again']) {
    const seen = await seriesOf(one.metrics)
    expect(seen('jobqueue_retention_deleted_total')).toEqual({ 'table="job"': 5 })
    expect(seen('jobqueue_schedule_missed_total')).toEqual({ 'schedule="hourly"': 2 })
    expect(seen('jobqueue_bundle_mismatches_total')).toEqual({ '': 1 })
    expect(seen('jobqueue_bundles')).toEqual({ 'type="b",has_error="false"': 1 })
    expect(seen('jobqueue_bundles_capped')).toEqual({ '': 0 })
    expect(seen('jobqueue_notify_latency_seconds_count')).toEqual({ '': 1 })
    expect(seen('jobqueue_notify_latency_seconds_sum')['']).toBeGreaterThan(0)
  }
  const elsewhere = await seriesOf(other.metrics)
  expect(elsewhere('jobqueue_bundle_mismatches_total')).toEqual({})
  expect(elsewhere('jobqueue_notify_latency_seconds_count')).toEqual({ '': 0 })
})

test('a bundle is counted once over all processes', async () => {
  const both = [started({ bundles: true }), started({ bundles: true })] as const
  const counts = async () => {
    const all = await Promise.all(both.map(({ metrics }) => seriesOf(metrics)))
    return all.map((seen) => seen('jobqueue_bundles_stopped_total')['type="b",has_error="false"'] ?? 0)
  }
  await counts() // both listen from here on
  for (let n = 0; n < 3; n++) await both[0].queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({})] })
  await both[1].worker.runOnce()
  await until('all were told', async () => (await counts()).reduce((sum, count) => sum + count) >= 3)
  expect((await counts()).sort()).toEqual([0, 3])
})
