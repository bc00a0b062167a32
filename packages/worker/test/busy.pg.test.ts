import { defineJob, type Job } from '@jq/core'
import type { AttemptKey, Outcome } from '@jq/core/internal'
import { until } from '@jq/testing'
import { Hand } from '@jq/testing/conformance'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// A caller's transaction may hold a bundle or a key for minutes. What needs that row waits for it; nothing else does.

const work = defineJob('work', { payload: z.object({ n: z.int() }) })
const rows = {
  'a bundle': 'select from worker.job_bundle for update',
  'a unique key': 'select from worker.job_key for update',
}
type Row = keyof typeof rows

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let caller: pg.Client
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  caller = new pg.Client({ connectionString: universe.url })
  await universe.queue.health() // the schema is there
  await caller.connect()
})
afterEach(async () => {
  await caller.end()
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

/** Adds a job that needs such a row when it stops. */
async function add(row: Row): Promise<string> {
  const payload = { n: 1 }
  if (row === 'a unique key') return (await universe.queue.add(work, payload, { uniqueKey: 'k' })).id
  const { jobs } = await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with(payload)] })
  return jobs[0]?.id as string
}

async function hold(row: Row): Promise<void> {
  await caller.query('begin')
  await caller.query(rows[row])
}

const keyOf = ({ seq, attempt }: AttemptKey) => ({ seq, attempt })
const succeeded = (claimed: AttemptKey): Outcome => ({ ...keyOf(claimed), kind: 'succeeded', result: null })

describe.for(Object.keys(rows) as Row[])('while a transaction holds %s', (row) => {
  let worker: JobWorker | undefined
  afterEach(async () => {
    await worker?.stopThreads()
    worker = undefined
  })
  const stopped = async (id: string): Promise<Job> =>
    until('the job has stopped', async () => {
      const job = await universe.queue.getJob(id)
      return job?.stoppedAt ? job : null
    })

  test('others are settled and claimed, and the end that needs it is written afterwards', async () => {
    const gate = Promise.withResolvers<void>()
    worker = createWorker(universe.queue).register(work, ({ n }) => (n === 1 ? gate.promise : undefined))
    await worker.startThreads(1)
    const id = await add(row)
    await until('it runs', async () => (await universe.queue.getJob(id))?.state === 'running')
    await hold(row)
    gate.resolve()
    // One after the other, so that each is claimed and settled in round trips that carry the held one too.
    for (const n of [2, 3]) {
      const free = await universe.queue.add(work, { n })
      expect((await stopped(free.id)).state).toBe('succeeded')
    }
    expect((await universe.queue.getJob(id))?.state).toBe('running')
    await caller.query('commit')
    expect(await stopped(id)).toMatchObject({ state: 'succeeded', attempt: 1 })
    expect(await universe.query('select from worker.job_key')).toEqual([])
    for (const bundle of await universe.query(
      'select num_jobs, num_stopped, num_failed, epoch from worker.job_bundle',
    ))
      expect(bundle).toEqual({ num_jobs: 1, num_stopped: 1, num_failed: 0, epoch: 1 })
  })

  test('a retry, which needs it not, is written', async () => {
    const id = await add(row)
    const hand = await Hand.join(universe.queue, { maxRetryCount: 1 })
    const claimed = await hand.claimOne()
    await hold(row)
    expect(
      (
        await hand.settle({
          ...keyOf(claimed),
          kind: 'failed',
          error: { message: 'it went wrong', data: null },
          retry: { waitMs: 0 },
        })
      ).busy,
    ).toEqual([])
    expect((await universe.queue.getJob(id))?.state).toBe('available')
    await caller.query('rollback')
  })

  test('the reaper goes on', async () => {
    const id = await add(row)
    const [free] = await universe.queue.addMany([work.with({ n: 2 })])
    const dead = await Hand.join(universe.queue, { maxCrashCount: 1 })
    await dead.claim(2)
    await universe.age(61_000)
    await hold(row)
    const reaper = await Hand.join(universe.queue)
    await reaper.look()
    expect((await universe.queue.getJob(free?.id as string))?.state).toBe('dead')
    expect((await universe.queue.getJob(id))?.state).toBe('running')
    await caller.query('rollback')
    await reaper.look()
    expect((await universe.queue.getJob(id))?.state).toBe('dead')
  })
})

test('a bundle that is held keeps no other waiting', async () => {
  const ids: string[] = []
  for (let n = 0; n < 3; n++)
    ids.push((await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({ n })] })).id)
  const hand = await Hand.join(universe.queue)
  const claimed = await hand.claim(3)
  await caller.query('begin')
  await caller.query('select from worker.job_bundle where id = $1 for update', [ids[1]])
  const { busy } = await hand.settle(...claimed.map((one) => succeeded(one)))
  expect(busy).toEqual([{ seq: claimed[1]?.seq, attempt: 1 }])
  await caller.query('rollback')
  expect((await hand.settle(succeeded(claimed[1] as AttemptKey))).busy).toEqual([])
})

describe('of a great bundle, which is counted last', () => {
  const members = (count: number) =>
    universe.queue.addBundle({
      type: 'b',
      origin: 'o',
      jobs: Array.from({ length: count }, (_, n) => work.with({ n })),
    })
  const counts = () =>
    universe.query('select num_jobs, num_stopped, num_failed, epoch from worker.job_bundle')

  test('the ends of its members are put off while somebody holds it, and nothing else is', async () => {
    const { id: bundleId } = await members(1_200)
    const free = await universe.queue.add(work, { n: 0 }, { priority: 1 })
    const hand = await Hand.join(universe.queue)
    const claimed = await hand.claim(101)
    expect([...new Set(claimed.map(({ job }) => job.bundleId))]).toEqual([null, bundleId])
    await caller.query('begin')
    await caller.query(rows['a bundle'])
    const outcomes = claimed.map((one) => ({ ...succeeded(one), bundleId: one.job.bundleId }))
    expect((await hand.settle(...outcomes)).busy).toEqual(claimed.slice(1).map(keyOf))
    expect((await universe.queue.getJob(free.id))?.state).toBe('succeeded')
    await caller.query('rollback')
    expect((await hand.settle(...outcomes.slice(1))).busy).toEqual([])
    expect(await counts()).toEqual([{ num_jobs: 1_200, num_stopped: 100, num_failed: 0, epoch: 0 }])
  })

  test('the step that ends all of it at once stops it', async () => {
    const { id: bundleId } = await members(1_000)
    const hand = await Hand.join(universe.queue)
    const claimed = await hand.claim(1_000)
    await hand.settle(...claimed.map((one) => ({ ...succeeded(one), bundleId })))
    expect(await counts()).toEqual([{ num_jobs: 1_000, num_stopped: 1_000, num_failed: 0, epoch: 1 }])
    expect((await universe.queue.getJobBundle(bundleId))?.stoppedAt).toBeInstanceOf(Date)
  })
})
