import { defineJob, fixedDelay } from '@jq/core'
import { createMemoryJobQueue, until } from '@jq/testing'
import { afterEach, expect, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker, type WorkerOptions } from '../src/index.ts'

const remind = defineJob('remind', { payload: z.object({ user: z.int() }) })
const now = new Date('2026-03-01T12:00:00Z')

let workers: JobWorker[] = []
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stopThreads()))
  workers = []
})

/** Its own timers are of no help to it: what wakes it is the queue. */
function patientWorker(
  queue: ReturnType<typeof createMemoryJobQueue>,
  options: WorkerOptions = {},
): JobWorker {
  const worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h', ...options })
  workers.push(worker)
  return worker
}

/** How often workers have looked for what is due and who is dead. */
function looksOf({ work }: ReturnType<typeof createMemoryJobQueue>): () => number {
  const look = work.look.bind(work)
  let looks = 0
  work.look = (request) => {
    looks++
    return look(request)
  }
  return () => looks
}

test('a job of tomorrow runs when the test says that it is tomorrow, and not before', async () => {
  const queue = createMemoryJobQueue({ now })
  const reminded: number[] = []
  const worker = patientWorker(queue).register(remind, ({ user }) => void reminded.push(user))
  await worker.startThreads(2)
  const { id } = await queue.add(remind, { user: 7 }, { runAfter: '1d' })
  await queue.advance('23h')
  expect(reminded).toEqual([])
  await queue.advance('1h')
  expect(reminded).toEqual([7])
  await (await queue.getRunState(id)).waitUntilStopped()
  expect(await queue.getJob(id)).toMatchObject({
    state: 'succeeded',
    createdAt: now,
    startAt: new Date('2026-03-02T12:00:00Z'),
    startedAt: new Date('2026-03-02T12:00:00Z'),
    stoppedAt: new Date('2026-03-02T12:00:00Z'),
  })
})

test('a retry waits for the clock of the test, and no other', async () => {
  const queue = createMemoryJobQueue()
  const runs: number[] = []
  const worker = patientWorker(queue).register(
    remind,
    (_, { job }) => {
      runs.push(job.attempt)
      throw new Error('not yet')
    },
    { maxRetryCount: 2, retryRule: fixedDelay('1h') },
  )
  await worker.startThreads(1)
  const { id } = await queue.add(remind, { user: 1 })
  for (const attempt of [1, 2, 3]) {
    await until(
      'it ran',
      async () => runs.length === attempt && (await queue.getJob(id))?.state !== 'running',
    )
    await queue.advance('59m')
    expect(runs).toHaveLength(attempt)
    await queue.advance('1m')
  }
  expect(await queue.getJob(id)).toMatchObject({ state: 'failed', errorMsg: 'not yet', currentRetryCount: 2 })
})

test('a worker is not taken for dead because the test let a year pass', async () => {
  const queue = createMemoryJobQueue()
  const looks = looksOf(queue)
  const gate = Promise.withResolvers<void>()
  const worker = createWorker(queue, { reapInterval: '5ms', timeout: 0 }).register(remind, () => gate.promise)
  workers.push(worker)
  await worker.startThreads(1)
  const { id } = await queue.add(remind, { user: 1 })
  await until('it runs', async () => (await queue.getJob(id))?.state === 'running')
  for (let day = 0; day < 365; day++) await queue.advance('1d')
  const before = looks()
  await until('the reaper went its rounds', () => looks() > before + 3)
  expect(await queue.getJob(id)).toMatchObject({ state: 'running', crashCount: 0 })
  gate.resolve()
  await (await queue.getRunState(id)).waitUntilStopped()
})

// S54
test('a handler times out when the test says that its time is over, and not before', async () => {
  const queue = createMemoryJobQueue({ now })
  const reasons: unknown[] = []
  const worker = patientWorker(queue).register(
    remind,
    (_, { signal }) =>
      new Promise((_, reject) =>
        signal.addEventListener('abort', () => {
          reasons.push(signal.reason.reason)
          reject(signal.reason)
        }),
      ),
    { timeout: '15m', maxTimeoutRetryCount: 1, retryRule: fixedDelay('1h') },
  )
  await worker.startThreads(1)
  const { id } = await queue.add(remind, { user: 1 })
  await until('it runs', async () => (await queue.getJob(id))?.state === 'running')
  await queue.advance('14m')
  expect(reasons).toEqual([])
  await queue.advance('1m')
  expect(reasons).toEqual(['timeout'])
  await until('it waits for its retry', async () => (await queue.getJob(id))?.state === 'retrying')
  expect(await queue.getAttempts(id)).toMatchObject([
    { outcome: 'timedOut', endedAt: new Date('2026-03-01T12:15:00Z') },
  ])
  await queue.advance('1h')
  await queue.advance('20m')
  await (await queue.getRunState(id)).waitUntilStopped().catch(() => undefined)
  expect(await queue.getJob(id)).toMatchObject({ state: 'failed', attempt: 2, currentTimeoutRetryCount: 1 })
  expect(reasons).toEqual(['timeout', 'timeout'])
})

test('no real time times out a handler while the clock of the test stands still', async () => {
  const queue = createMemoryJobQueue()
  const gate = Promise.withResolvers<void>()
  const aborted: unknown[] = []
  const worker = patientWorker(queue, { heartbeatInterval: '1ms', deadFor: '1m' }).register(
    remind,
    (_, { signal }) => {
      signal.addEventListener('abort', () => aborted.push(signal.reason))
      return gate.promise
    },
    { timeout: '1ms' },
  )
  let checks = 0
  const check = queue.work.check.bind(queue.work)
  queue.work.check = (...asked) => {
    checks++
    return check(...asked)
  }
  await worker.startThreads(1)
  const { id } = await queue.add(remind, { user: 1 })
  await until('it was checked for longer than its timeout', () => checks > 10)
  expect(aborted).toEqual([])
  gate.resolve()
  await (await queue.getRunState(id)).waitUntilStopped()
})

// The claim that found nothing had looked before the job was there; the wake-up came before its answer.
test('a wake-up that comes while a claim is in flight is not lost', async () => {
  const queue = createMemoryJobQueue()
  const step = queue.work.step.bind(queue.work)
  const looks = looksOf(queue)
  let during = async () => undefined as unknown
  queue.work.step = async (request) => {
    const answer = await step(request)
    if (request.claim !== null) await during()
    return answer
  }
  const ran: number[] = []
  const worker = patientWorker(queue).register(remind, ({ user }) => void ran.push(user))
  await worker.startThreads(4)
  await until('it sleeps', () => looks() > 5) // the looks of falling asleep are over
  during = async () => {
    during = async () => undefined
    await queue.add(remind, { user: 2 })
  }
  await queue.add(remind, { user: 1 })
  await until('both ran', () => ran.length === 2)
})

test('a queue in memory refuses what it cannot take', async () => {
  expect(() => createMemoryJobQueue({ now: new Date(Number.NaN) })).toThrow(/invalid_date/)
  expect(() => createMemoryJobQueue({ Now: now } as never)).toThrow(/unknown_option/)
  const queue = createMemoryJobQueue()
  await expect(queue.advance(-1)).rejects.toThrow(/invalid_duration/)
  const db = { query: async () => ({ rows: [] }) }
  await expect(queue.add(remind, { user: 1 }, { db })).rejects.toThrow(/not_a_transaction/)
})

// S63; how the jitter spreads them is a property in core/test/retry-rule.test.ts
test('without a rule of its own a job that fails again and again waits for about 2, 4 and 8 seconds', async () => {
  const queue = createMemoryJobQueue()
  let runs = 0
  const worker = patientWorker(queue, { maxRetryCount: 3 }).register(remind, () => {
    runs++
    throw new Error('not yet')
  })
  await worker.startThreads(1)
  const jobs = 20
  const added = await queue.addMany(Array.from({ length: jobs }, (_, user) => remind.with({ user })))
  const settled = (state: string) =>
    until(
      `all are ${state}`,
      async () => (await queue.getJobs({ state: state as never })).jobs.length === jobs,
    )
  for (const [place, waitMs] of [2_000, 4_000, 8_000].entries()) {
    await settled('retrying')
    expect(runs).toBe(jobs * (place + 1))
    await queue.advance(waitMs / 2 - 1) // half of it is the least, with jitter
    expect(runs).toBe(jobs * (place + 1))
    await queue.advance(waitMs / 4)
    await until('some have run again', () => runs > jobs * (place + 1))
    expect(runs).toBeLessThan(jobs * (place + 2)) // they do not come back together
    await queue.advance(waitMs / 4 + 1) // the whole of it is the most
    await until('all have run again', () => runs === jobs * (place + 2))
  }
  await settled('failed')
  for (const { id } of added)
    expect(await queue.getJob(id)).toMatchObject({ attempt: 4, currentRetryCount: 3 })
})

test('a schedule has its ticks when the test says that it is time', async () => {
  const queue = createMemoryJobQueue({ now })
  const ticks: (Date | null)[] = []
  await patientWorker(queue)
    .register(remind, (_, { job }) => void ticks.push(job.startAt))
    .startThreads(1)
  await queue.schedule({ name: 'daily', job: remind.with({ user: 7 }), cron: '0 8 * * *' })
  for (let day = 0; day < 3; day++) await queue.advance('1d')
  expect(ticks).toEqual([2, 3, 4].map((day) => new Date(`2026-03-0${day}T08:00:00Z`)))
  expect(await queue.getSchedule('daily')).toMatchObject({ successCount: 3 })
})
