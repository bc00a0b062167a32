import { readFileSync } from 'node:fs'
import { defineJob, InvalidInputError, jobqueue } from '@jq/core'
import { createMemoryJobQueue, until } from '@jq/testing'
import { createWorker, type JobWorker } from '@jq/worker'
import { Registry } from 'prom-client'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import manifest from '../package.json' with { type: 'json' }
import { createMetrics, type Metrics } from '../src/index.ts'
import { version } from '../src/version.ts'
import { seriesOf } from './series-of.ts'

const work = defineJob('work', { payload: z.object({ fails: z.int().default(0) }), maxRetryCount: 1 })
const now = new Date('2026-03-01T12:00:00Z')

let workers: JobWorker[] = []
let all: Metrics[] = []
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stopThreads()))
  await Promise.all(all.map((metrics) => metrics.close()))
  workers = []
  all = []
})
const measured = (options: Parameters<typeof createMetrics>[0]) => {
  const metrics = createMetrics(options)
  all.push(metrics)
  return metrics
}
const workerOf = (queue: Parameters<typeof createWorker>[0]) => {
  const worker = createWorker(queue)
  workers.push(worker)
  return worker
}

test('what a worker does is counted by type and outcome, and timed', async () => {
  const queue = createMemoryJobQueue({ now })
  const worker = workerOf(queue).register(
    work,
    ({ fails }, { job }) => {
      if (job.attempt <= fails) throw new Error('no')
    },
    { retryRule: () => 0 },
  )
  const metrics = measured({ jobqueue: queue, worker })
  await worker.startThreads(3)
  await queue.addMany([work.with({}), work.with({ fails: 1 }), work.with({ fails: 2 })])
  await until('all three have stopped', async () => {
    const { succeeded, failed } = await queue.getStats()
    return succeeded + failed === 3
  })
  const seen = await seriesOf(metrics)
  expect(seen('jobqueue_jobs_started_total')).toEqual({ 'type="work"': 5 })
  expect(seen('jobqueue_jobs_stopped_total')).toEqual({
    'type="work",outcome="succeeded",will_retry="false"': 2,
    'type="work",outcome="failed",will_retry="true"': 2,
    'type="work",outcome="failed",will_retry="false"': 1,
  })
  expect(seen('jobqueue_job_run_seconds_count')).toEqual({
    'type="work",outcome="succeeded"': 2,
    'type="work",outcome="failed"': 3,
  })
  expect(seen('jobqueue_job_wait_seconds_count')).toEqual({ 'type="work"': 3 }) // of first attempts
  expect(seen('jobqueue_job_attempts_sum')).toEqual({ 'type="work"': 5 })
  expect(seen('jobqueue_threads')).toEqual({ [`worker="${worker.id}"`]: 3 })
  expect(seen('jobqueue_threads_busy')).toEqual({ [`worker="${worker.id}"`]: 0 })
  expect(Object.values(seen('jobqueue_claim_batch_size_sum'))).toEqual([5])
  expect(Object.values(seen('jobqueue_claim_empty_total'))[0]).toBeGreaterThan(0)
  await worker.finishThreads()
  expect((await seriesOf(metrics))('jobqueue_threads')).toEqual({ [`worker="${worker.id}"`]: 0 })
})

test('an attempt that others took for dead is counted as lost here, and as reaped there', async () => {
  const queue = createMemoryJobQueue({ now })
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const worker = workerOf(queue).register(work, async () => {
    begun.resolve()
    await gate.promise
  })
  const metrics = measured({ jobqueue: queue, worker })
  await worker.startThreads(1)
  await queue.add(work, {})
  await begun.promise
  await queue.deleteAllJobsAndBundles()
  gate.resolve()
  await until('it is lost', async () => {
    const seen = await seriesOf(metrics)
    return seen('jobqueue_attempts_lost_total')['type="work"'] === 1
  })
  expect((await seriesOf(metrics))('jobqueue_jobs_stopped_total')).toEqual({})
})

test('gauges of the database come from one process at a time, and from no other', async () => {
  const queue = createMemoryJobQueue({ now })
  await queue.addMany([work.with({}), work.with({})])
  await queue.add(work, {}, { runAfter: '1h' })
  const [one, other] = [1, 2].map(() => measured({ jobqueue: queue, sampleEvery: '1s' })) as [
    Metrics,
    Metrics,
  ]
  const jobs = async (metrics: Metrics) => (await seriesOf(metrics))('jobqueue_jobs')
  const counts = { 'type="work",state="available"': 2, 'type="work",state="scheduled"': 1 }
  expect(await jobs(one)).toEqual(counts)
  expect(await jobs(other)).toEqual({})
  await queue.advance('91s')
  await until('the other goes on', async () => Object.keys(await jobs(other)).length > 0)
  expect(await jobs(other)).toEqual(counts)
  expect((await seriesOf(other))('jobqueue_oldest_pending_age_seconds')).toEqual({ 'type="work"': 91 })
  await until('the first one shows nothing old', async () => Object.keys(await jobs(one)).length === 0)
  expect((await seriesOf(one))('jobqueue_jobs_capped')).toEqual({})
})

test('a process that cannot measure shows nothing old', async () => {
  const queue = createMemoryJobQueue({ now })
  await queue.add(work, {})
  const metrics = measured({ jobqueue: queue, sampleEvery: '1s' })
  const jobs = async () => Object.keys((await seriesOf(metrics))('jobqueue_jobs')).length
  expect(await jobs()).toBe(1)
  await queue.close()
  await until('nothing is shown', async () => (await jobs()) === 0)
})

test('adds are counted by type, status and the origins that were asked for, those of handlers too', async () => {
  const queue = createMemoryJobQueue({ now })
  const metrics = measured({ jobqueue: queue, origins: ['web'] })
  const counted = metrics.jobqueue
  const worker = workerOf(counted).register(work, async () => {
    await jobqueue.addMany([{ type: 'inner', payload: 1 }])
  })
  await counted.add(work, {}, { origin: 'web', uniqueKey: 'k' })
  await counted.add(work, {}, { origin: 'web', uniqueKey: 'k' })
  await counted.addBundle({ type: 'b', origin: 'web', jobs: [work.with({}), work.with({}, { origin: 'x' })] })
  async function* stream() {
    yield { type: 'stream', payload: 1 }
  }
  const { id } = await counted.addBundle({ type: 'b', origin: 'o', jobs: [work.with({})], open: true })
  await counted.addToBundle(id, stream())
  await worker.runOnce({ maxJobs: 1 })
  await expect(counted.addMany(7 as never)).rejects.toThrow(InvalidInputError)
  expect((await seriesOf(metrics))('jobqueue_jobs_added_total')).toEqual({
    'type="work",origin="web",status="added"': 2,
    'type="work",origin="web",status="duplicate"': 1,
    'type="work",origin="other",status="added"': 2,
    'type="stream",origin="default",status="added"': 1,
    'type="inner",origin="default",status="added"': 1,
  })
})

test('bundles are counted as they stop, and a second one of a process that would count them says why it cannot', async () => {
  const queue = createMemoryJobQueue({ now })
  const worker = workerOf(queue).register(work, ({ fails }) => {
    if (fails > 0) throw new Error('no')
  })
  const metrics = measured({ jobqueue: queue, bundles: true })
  await metrics.text()
  await queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({})] })
  await queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({ fails: 9 }, { maxRetryCount: 0 })] })
  await worker.runOnce()
  const stopped = async () => (await seriesOf(metrics))('jobqueue_bundles_stopped_total')
  await until('both were told', async () => Object.keys(await stopped()).length === 2)
  expect(await stopped()).toEqual({ 'type="b",has_error="false"': 1, 'type="b",has_error="true"': 1 })
  expect(Object.values((await seriesOf(metrics))('jobqueue_bundle_duration_seconds_count'))).toEqual([1, 1])
  const second = measured({ jobqueue: queue, bundles: true })
  await expect(second.text()).rejects.toThrow(/jobqueue.metrics.*listens in this process already/)
})

test('they stand in the registry of the user beside others, and leave it as it was', async () => {
  const registry = new Registry()
  const metrics = createMetrics({ jobqueue: createMemoryJobQueue(), registry })
  expect(await registry.metrics()).toContain(`jobqueue_build_info{version="${version}"`)
  expect(metrics.contentType).toBe(registry.contentType)
  await metrics.close()
  expect(registry.getMetricsAsArray()).toEqual([])
  await createMetrics({ jobqueue: createMemoryJobQueue(), registry }).close() // no name is taken twice
})

test('the version is that of the package', () => {
  expect(version).toBe(manifest.version)
})

test.each([
  ['a key it does not know', { jobque: 1 }, /jobque/],
  ['no queue', { jobqueue }, /invalid_queue/],
  ['no worker', { worker: {} }, /invalid_worker/],
  ['no registry', { registry: {} }, /invalid_registry/],
  ['too short a time', { sampleEvery: '10ms' }, /invalid_duration/],
  ['no list of origins', { origins: 'web' }, /invalid_origins/],
])('%s is refused', (_, options, message) => {
  expect(() => createMetrics({ jobqueue: createMemoryJobQueue(), ...options } as never)).toThrow(message)
})

test('the page lists every metric that there is with its labels, and none that there is not', () => {
  const queue = createMemoryJobQueue()
  const registry = new Registry()
  measured({ jobqueue: queue, worker: workerOf(queue), registry, bundles: true })
  const page = readFileSync(new URL('../../../docs/observability.md', import.meta.url), 'utf8')
  const rows = page.split('\n').filter((line) => line.startsWith('| `jobqueue_'))
  const listed = rows.flatMap((row) => {
    const [names = '', type, labels] = row.split(' | ')
    return (names.match(/jobqueue_\w+/g) ?? []).map((name) => `${name} ${type} ${labels}`)
  })
  const real = registry.getMetricsAsArray() as unknown as { name: string; labelNames: string[] }[]
  const kinds = { Counter: 'counter', Gauge: 'gauge', Histogram: 'histogram' }
  const there = real.map(
    (one) =>
      `${one.name} ${kinds[one.constructor.name as keyof typeof kinds]} ${one.labelNames.join(', ') || '–'}`,
  )
  expect(listed.sort()).toEqual(there.sort())
})
