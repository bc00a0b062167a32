import { defineJob, type Job } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until, withSynchronousJobs } from '@jq/testing'
import { Hand, outcome, workersConform } from '@jq/testing/conformance'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

workersConform(() => postgresUniverse(inject('pgUrl')), createWorker)

describe('on PostgreSQL threads', () => {
  const work = defineJob('work', { payload: z.object({ n: z.int().default(0) }), result: z.unknown() })

  let universe: Awaited<ReturnType<typeof postgresUniverse>>
  let worker: JobWorker
  beforeEach(async () => {
    universe = await postgresUniverse(inject('pgUrl'))
  })
  afterEach(async () => {
    await worker.stopThreads()
    expect(await universe.broken()).toEqual([])
    await universe.close()
  })

  const stopped = async (id: string): Promise<Job> =>
    until('the job has stopped', async () => {
      const job = await universe.queue.getJob(id)
      return job?.stoppedAt ? job : null
    })

  // S41
  test('drain what was there before them, without any notification', async () => {
    const queue = createJobQueue({ connectionString: universe.url, wake: 'poll' })
    const added = await universe.queue.addMany(Array.from({ length: 50 }, (_, n) => work.with({ n })))
    worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h' }).register(work, () => 1)
    await worker.startThreads(4)
    for (const { id } of added) expect((await stopped(id)).attempt).toBe(1)
    await worker.finishThreads()
    await queue.close()
  })

  test('look once more after a wake-up, which may stand for an add that notified nobody', async () => {
    const queue = createJobQueue({ connectionString: universe.url })
    worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h' }).register(work, () => 1)
    const late = Promise.withResolvers<string>()
    const { work: service } = queue
    const step = service.step.bind(service)
    const look = service.look.bind(service)
    let lookedAt = Number.POSITIVE_INFINITY
    service.look = async (request) => {
      const answer = await look(request)
      lookedAt = performance.now()
      return answer
    }
    await worker.startThreads(1)
    const { Client } = (await import('pg')).default
    const client = new Client({ connectionString: universe.url })
    await client.connect()
    await until('it sleeps', async () => (await client.query('select from worker.sleeper')).rowCount === 1)
    await until('it looks no more', () => performance.now() - lookedAt > 500)
    service.step = async (request) => {
      const answer = await step(request)
      service.step = step
      await client.query('alter table worker.job_available disable trigger wake_for_available')
      const { rows } = await client.query(`select (worker.add_job('work', '{"n": 2}')).id`)
      late.resolve(rows[0].id)
      return answer
    }
    await client.query(`notify jobqueue_worker, 'available work'`)
    expect((await stopped(await late.promise)).attempt).toBe(1)
    await client.query('alter table worker.job_available enable trigger wake_for_available')
    await worker.finishThreads()
    await client.end()
    await queue.close()
  })

  test('look once more after they were told to look, since an add under way may have seen that nobody sleeps for its type', async () => {
    const queue = createJobQueue({ connectionString: universe.url })
    worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h' }).register(work, () => 1)
    await queue.pause(work)
    const { work: service } = queue
    const look = service.look.bind(service)
    let lookedAt = Number.POSITIVE_INFINITY
    let afterLook = async () => undefined
    service.look = async (request) => {
      const answer = await look(request)
      lookedAt = performance.now()
      await afterLook()
      return answer
    }
    await worker.startThreads(1)
    const { Client } = (await import('pg')).default
    const client = new Client({ connectionString: universe.url })
    await client.connect()
    await until('it sleeps', async () => (await client.query('select from worker.sleeper')).rowCount === 1)
    await until('it looks no more', () => performance.now() - lookedAt > 500)
    await client.query('begin')
    const { rows } = await client.query(`select (worker.add_job('work', '{"n": 2}')).id`)
    afterLook = async () => {
      afterLook = async () => undefined
      await client.query('commit')
    }
    await queue.resume(work)
    expect((await stopped(rows[0].id)).attempt).toBe(1)
    await worker.finishThreads()
    await client.end()
    await queue.close()
  })

  test("wait for a row that a caller's transaction holds, while others go on", async () => {
    const gate = Promise.withResolvers<void>()
    worker = createWorker(universe.queue).register(work, async ({ n }) =>
      n === 1 ? gate.promise.then(() => 1) : 2,
    )
    await worker.startThreads(2)
    const held = await universe.queue.add(work, { n: 1 })
    await until('it runs', async () => (await universe.queue.getJob(held.id))?.state === 'running')
    const { Client } = (await import('pg')).default
    const client = new Client({ connectionString: universe.url })
    await client.connect()
    await client.query('begin')
    await client.query('select worker.cancel_job($1)', [held.id])
    gate.resolve()
    const free = await universe.queue.add(work, { n: 2 })
    expect((await stopped(free.id)).state).toBe('succeeded')
    expect((await universe.queue.getJob(held.id))?.state).toBe('running')
    await client.query('rollback')
    await client.end()
    expect((await stopped(held.id)).state).toBe('succeeded')
  })

  test('forget what they have claimed ahead once they were taken for dead: others have it', async () => {
    const gate = Promise.withResolvers<void>()
    const awake = Promise.withResolvers<void>()
    const heir = await Hand.join(universe.queue)
    const { work: service } = universe.queue
    const step = service.step.bind(service)
    let sleeps = false
    service.step = async (request) => {
      if (sleeps && request.workerId !== heir.id) await awake.promise
      return step(request)
    }
    const ran: string[] = []
    const rare = { heartbeatInterval: '1h', deadFor: '3h', pollInterval: '1h', reapInterval: '1h' } as const
    worker = createWorker(universe.queue, { ...rare, prefetch: 3 }).register(work, async ({ n }, { job }) => {
      ran.push(job.id)
      if (n === 0) await gate.promise
      return 1
    })
    await universe.queue.addMany([0, 1, 2, 3].map((n) => work.with({ n })))
    await worker.startThreads(1)
    await until('all are claimed', async () => (await universe.queue.getStats()).running === 4)
    sleeps = true
    await universe.age(4 * 3_600_000)
    await heir.beat()
    await heir.look()
    const taken = await heir.claimAhead(4, 0)
    const next = await universe.queue.add(work, { n: 4 })
    sleeps = false
    awake.resolve()
    gate.resolve()
    await stopped(next.id)
    expect(taken).toHaveLength(3)
    expect(ran.filter((id) => taken.some(({ job }) => job.id === id))).toEqual([])
    await heir.settle(...taken.map((one) => outcome.succeeded(one)))
  })

  test('are not needed for a handler with a transaction, inside of withSynchronousJobs', async () => {
    await universe.query('create table public.done (n int)')
    worker = createWorker(universe.queue).register(work, ({ n }, { transaction }) =>
      transaction(async (_, client) => {
        await client.query('insert into public.done values ($1)', [n])
        if (n < 0) throw new Error('less than nothing')
        return n
      }),
    )
    await withSynchronousJobs(worker, async () => {
      expect((await universe.queue.add(work, { n: 7 })).status).toBe('ran')
      await expect(universe.queue.add(work, { n: -1 })).rejects.toThrow('less than nothing')
    })
    expect(await universe.query('select n from public.done')).toEqual([{ n: 7 }])
    expect((await universe.queue.getStatus()).numJobs).toBe(0)
  })
})
