import {
  type AttemptAbortedError,
  ClosedError,
  defineJob,
  fixedDelay,
  InvalidInputError,
  type Job,
  JobCancelledError,
  JobError,
  JobFailedError,
  type JobStoppedEvent,
  jobqueue,
  type Logger,
  SnoozeJob,
  TerminalJobError,
} from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker, type WorkerOptions } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

const work = defineJob('work', { payload: z.object({ n: z.int().default(0) }), result: z.unknown() })
const other = defineJob('other', { payload: z.unknown() })

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let workers: JobWorker[] = []
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  await Promise.all(workers.map((worker) => worker.stopThreads()))
  workers = []
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

function makeWorker(options: WorkerOptions = {}): JobWorker {
  const worker = createWorker(universe.queue, {
    heartbeatInterval: '1s',
    deadFor: '3s',
    reapInterval: '1s',
    ...options,
  })
  workers.push(worker)
  return worker
}

const stopped = async (id: string): Promise<Job> =>
  until('the job has stopped', async () => {
    const job = await universe.queue.getJob(id)
    return job?.stoppedAt ? job : null
  })

describe('a handler', () => {
  test('gets its parsed payload, and its result is waited for', async () => {
    const seen: unknown[] = []
    const worker = makeWorker().register(work, (payload, { job, fence }) => {
      seen.push(payload, job.payload, fence)
      return { doubled: payload.n * 2 }
    })
    await worker.startThreads(2)
    const { id } = await universe.queue.add(work, { n: 21 })
    expect(await (await universe.queue.getRunState(id, work)).waitUntilStopped()).toEqual({ doubled: 42 })
    expect(seen).toEqual([{ n: 21 }, { n: 21 }, { jobId: id, attempt: 1 }])
  })

  test('without a result schema has its result dropped', async () => {
    const worker = makeWorker().register(other, () => ({ big: 1n }))
    await worker.startThreads(1)
    const { id } = await universe.queue.add(other, {})
    expect(await stopped(id)).toMatchObject({ state: 'succeeded', result: null })
  })

  test('runs where jobqueue is its own queue', async () => {
    const worker = makeWorker().register(work, async () => (await jobqueue.add(other, { from: 'inside' })).id)
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {})
    const inner = (await stopped(id)).result as string
    expect((await universe.queue.getJob(inner))?.payload).toEqual({ from: 'inside' })
  })

  test('that fails is retried by its rule, and told so each time', async () => {
    const log: string[] = []
    const said = (level: string) => (fields: object, message?: string) =>
      void log.push(`${level} ${(fields as { jobId?: string }).jobId ?? ''} ${message}`)
    const logger: Logger = {
      debug: said('debug'),
      info: said('info'),
      warn: said('warn'),
      error: said('error'),
    }
    const errors: Error[] = []
    const events: JobStoppedEvent[] = []
    await universe.queue.addListener({ onJobStopped: (event) => void events.push(event) })
    const worker = makeWorker({ logger, onError: (error) => errors.push(error) }).register(
      work,
      (_, { job }) => {
        throw new Error(`run ${job.attempt}`)
      },
      { maxRetryCount: 2, retryRule: fixedDelay(1) },
    )
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {})
    expect(await stopped(id)).toMatchObject({ state: 'failed', attempt: 3, errorMsg: 'run 3' })
    // S56
    expect(log.filter((line) => line.includes(id)).map((line) => line.split(' ')[0])).toEqual([
      'warn',
      'warn',
      'error',
    ])
    expect(errors.map(({ message }) => message)).toEqual(['run 1', 'run 2', 'run 3'])
    // S64
    await until('all three ends were told', () => events.length === 3)
    expect(
      events.map(({ jobId, attempt, outcome, willRetry }) => ({ jobId, attempt, outcome, willRetry })),
    ).toEqual([1, 2, 3].map((attempt) => ({ jobId: id, attempt, outcome: 'failed', willRetry: attempt < 3 })))
  })

  test('may end its job for good, come back later, or leave data behind', async () => {
    const worker = makeWorker().register(
      work,
      ({ n }, { job }) => {
        if (n === 1) throw new TerminalJobError('never', { data: { why: 'no' } })
        if (n === 2 && job.attempt === 1) throw new SnoozeJob('1ms')
        if (n === 3) throw new JobError('sorry', { data: [1, 2] })
        return n
      },
      { maxRetryCount: 0 },
    )
    await worker.startThreads(3)
    const [terminal, snoozed, failed] = await universe.queue.addMany([1, 2, 3].map((n) => work.with({ n })))
    expect(await stopped(terminal?.id as string)).toMatchObject({
      state: 'failed',
      errorMsg: 'never',
      errorData: { why: 'no' },
    })
    expect(await stopped(snoozed?.id as string)).toMatchObject({
      state: 'succeeded',
      attempt: 2,
      currentRetryCount: 0,
    })
    expect(await stopped(failed?.id as string)).toMatchObject({ state: 'failed', errorData: [1, 2] })
  })

  // S50, P13 in part
  test('may throw or return whatever it likes: it is recorded, and the process lives', async () => {
    const cyclic: Record<string, unknown> = {}
    cyclic.self = cyclic
    const trap = Object.defineProperty(new Error(), 'message', {
      get() {
        throw new Error('no')
      },
    })
    const thrown: unknown[] = [
      undefined,
      null,
      'text',
      7,
      Object.freeze({}),
      new Error(''),
      new Error('nul \0 and \ud800'),
      trap,
      new Error('x'.repeat(1e6)),
      new Error('c', { cause: cyclic }),
      Symbol('s'),
    ]
    const returned: unknown[] = [
      1n,
      cyclic,
      Number.NaN,
      'nul \0',
      '\ud800',
      new Map(),
      () => 1,
      Buffer.from('x'),
    ]
    const worker = makeWorker().register(work, ({ n }) => {
      if (n < thrown.length) throw thrown[n]
      return returned[n - thrown.length]
    })
    await worker.startThreads(4)
    const added = await universe.queue.addMany(
      Array.from({ length: thrown.length + returned.length }, (_, n) => work.with({ n })),
    )
    for (const { id } of added) {
      const job = await stopped(id)
      expect(job.state).toBe('failed')
      expect(job.errorMsg).not.toBe('')
      expect((job.errorMsg as string).length).toBeLessThanOrEqual(16 * 1024)
    }
  })

  // S53
  test('is not called where the stored payload no longer fits', async () => {
    let calls = 0
    const worker = makeWorker().register(work, () => ++calls)
    await worker.startThreads(1)
    const [added] = await universe.queue.addMany([{ type: 'work', payload: { n: 'no number' } }])
    expect(await stopped(added?.id as string)).toMatchObject({ state: 'failed' })
    expect(calls).toBe(0)
  })

  // S54
  test('that takes too long is told by its signal, and spends a time-out', async () => {
    const reasons: unknown[] = []
    const worker = makeWorker().register(
      work,
      (_, { signal }) =>
        new Promise((_, reject) =>
          signal.addEventListener('abort', () => {
            reasons.push(signal.reason)
            reject(signal.reason)
          }),
        ),
      { timeout: '1h', maxTimeoutRetryCount: 1, retryRule: fixedDelay(1) },
    )
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {}, { timeout: '50ms' })
    expect(await stopped(id)).toMatchObject({
      state: 'failed',
      attempt: 2,
      currentTimeoutRetryCount: 1,
      currentRetryCount: 0,
    })
    expect(reasons.map((reason) => (reason as AttemptAbortedError).reason)).toEqual(['timeout', 'timeout'])
  })

  test('that does not listen is settled without it, and keeps its thread until it ends', async () => {
    const gate = Promise.withResolvers<void>()
    const worker = makeWorker().register(work, async ({ n }) => (n === 1 ? gate.promise : undefined), {
      timeout: '20ms',
    })
    await worker.startThreads(1)
    const deaf = await universe.queue.add(work, { n: 1 })
    const next = await universe.queue.add(work, { n: 2 })
    expect(await stopped(deaf.id)).toMatchObject({ state: 'failed' })
    expect((await universe.queue.getJob(next.id))?.state).toBe('available')
    gate.resolve()
    // What this handler returns is `undefined`, which no JSON can hold.
    expect(await stopped(next.id)).toMatchObject({
      state: 'failed',
      errorMsg: expect.stringContaining('undefined_value'),
    })
  })

  test('hears of a cancel, and its job is cancelled whatever it returns', async () => {
    const started = Promise.withResolvers<void>()
    const worker = makeWorker({ heartbeatInterval: '1h', deadFor: '3h' }).register(
      work,
      async (_, { signal }) => {
        started.resolve()
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        return 'done all the same'
      },
    )
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {})
    await started.promise
    expect(await universe.queue.cancelJob(id)).toBe('requested')
    await expect((await universe.queue.getRunState(id)).waitUntilStopped()).rejects.toThrow(JobCancelledError)
  })

  test('tells its progress, which stays to be read', async () => {
    const worker = makeWorker().register(work, async (_, { setProgress }) => {
      await setProgress({ percent: 50 })
      return 1
    })
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {})
    expect(await stopped(id)).toMatchObject({ progress: { percent: 50 } })
  })

  test('waited for with an error, a signal or a deletion says so', async () => {
    const worker = makeWorker().register(work, () => {
      throw new Error('no')
    })
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {})
    await expect((await universe.queue.getRunState(id)).waitUntilStopped()).rejects.toThrow(JobFailedError)
    const later = await universe.queue.add(work, {}, { runAfter: '1h' })
    const state = await universe.queue.getRunState(later.id)
    await expect(state.waitUntilStopped({ signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/i)
    const waiting = state.waitUntilStopped()
    await universe.queue.deleteJob(later.id)
    await expect(waiting).rejects.toThrow(/There is no job/)
  })
})

describe('threads', () => {
  // S47
  test('never run more than they are, nor more of a type than it allows', async () => {
    const now = { work: 0, other: 0 }
    const peak = { both: 0, other: 0 }
    const counted = (type: 'work' | 'other') => async () => {
      now[type]++
      peak.both = Math.max(peak.both, now.work + now.other)
      peak.other = Math.max(peak.other, now.other)
      await new Promise(setImmediate)
      now[type]--
      return null
    }
    const worker = makeWorker()
      .register(work, counted('work'))
      .register(other, counted('other'), { concurrency: 2 })
    const added = await universe.queue.addMany(
      Array.from({ length: 200 }, (_, n) => (n % 2 ? work.with({}) : other.with({}))),
    )
    await worker.startThreads(5)
    for (const { id } of added) expect((await stopped(id)).state).toBe('succeeded')
    expect(peak).toEqual({ both: 5, other: 2 })
  })

  // S34
  test('claim only types that have a handler, and none is fine too', async () => {
    const idle = makeWorker()
    await idle.startThreads(1)
    const worker = makeWorker().register(work, () => 1)
    await worker.startThreads(1)
    const untouched = await universe.queue.add(other, {})
    await stopped((await universe.queue.add(work, {})).id)
    expect(await universe.queue.getJob(untouched.id)).toMatchObject({ state: 'available', attempt: 0 })
  })

  // S39
  test('start a job at its time, and a retry at its own, however rare the poll', async () => {
    const starts: number[] = []
    const worker = makeWorker({ pollInterval: '1h', reapInterval: '1h' }).register(
      work,
      (_, { job }) => {
        starts.push(performance.now())
        if (job.attempt === 1) throw new Error('once more')
        return 1
      },
      { maxRetryCount: 1, retryRule: fixedDelay('300ms') },
    )
    await worker.startThreads(1)
    const begun = performance.now()
    const { id } = await universe.queue.add(work, {}, { runAfter: '300ms' })
    expect(await stopped(id)).toMatchObject({ state: 'succeeded', attempt: 2 })
    expect((starts[0] as number) - begun).toBeGreaterThanOrEqual(290)
    expect((starts[1] as number) - (starts[0] as number)).toBeGreaterThanOrEqual(290)
  })

  // S41
  test('drain what was there before them, without any notification', async () => {
    const queue = createJobQueue({ connectionString: universe.url, wake: 'poll' })
    const added = await universe.queue.addMany(Array.from({ length: 50 }, (_, n) => work.with({ n })))
    const worker = createWorker(queue, { pollInterval: '1h', reapInterval: '1h' }).register(work, () => 1)
    workers.push(worker)
    await worker.startThreads(4)
    for (const { id } of added) expect((await stopped(id)).attempt).toBe(1)
    await worker.finishThreads()
    await queue.close()
  })

  // S77
  test('finish: no claim begins, what runs ends, its outcome is there, and the backlog is untouched', async () => {
    const gate = Promise.withResolvers<void>()
    let begun = 0
    const worker = makeWorker().register(work, async () => {
      begun++
      await gate.promise
      return 'ended'
    })
    const added = await universe.queue.addMany(Array.from({ length: 20 }, (_, n) => work.with({ n })))
    await worker.startThreads(4)
    await until('four run', () => begun === 4)
    const finishing = worker.finishThreads()
    gate.resolve()
    expect(await finishing).toEqual({ finished: 4, released: 0 })
    const states = await Promise.all(added.map(async ({ id }) => (await universe.queue.getJob(id))?.state))
    expect(states.filter((state) => state === 'succeeded')).toHaveLength(4)
    expect(states.filter((state) => state === 'available')).toHaveLength(16)
    expect(begun).toBe(4)
  })

  // S78
  test('may be started and finished in any order; nothing hangs and nothing is lost', async () => {
    const worker = makeWorker().register(work, () => 1)
    expect(await worker.finishThreads()).toEqual({ finished: 0, released: 0 })
    const starting = worker.startThreads(2)
    const [first, second] = await Promise.all([worker.finishThreads(), worker.finishThreads(), starting])
    expect([first, second]).toEqual([
      { finished: 0, released: 0 },
      { finished: 0, released: 0 },
    ])
    await worker.startThreads(1)
    await worker.stopThreads()
    await worker.startThreads(1)
    expect((await stopped((await universe.queue.add(work, {})).id)).state).toBe('succeeded')
  })

  // S79
  test('that are aborted release their jobs, and no earlier failure is forgotten', async () => {
    const running = new Set<string>()
    const worker = makeWorker().register(
      work,
      async (_, { job, signal }) => {
        if (job.maxRetryCount === 3 && job.attempt === 1) throw new Error('the first failure')
        running.add(job.id)
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        throw new Error('interrupted')
      },
      { retryRule: fixedDelay(0) },
    )
    const stop = new AbortController()
    const [none, three] = await universe.queue.addMany([work.with({}), work.with({}, { maxRetryCount: 3 })])
    await worker.startThreads(2, { signal: stop.signal })
    await until('both run', () => running.size === 2)
    stop.abort()
    await worker.stopThreads()
    expect(await universe.queue.getJob(none?.id as string)).toMatchObject({
      state: 'available',
      currentRetryCount: 0,
      crashCount: 0,
      attempt: 1,
    })
    expect(await universe.queue.getJob(three?.id as string)).toMatchObject({
      state: 'available',
      currentRetryCount: 1,
      crashCount: 0,
      attempt: 2,
    })
  })

  test('past their time to finish abort and release what runs', async () => {
    const worker = makeWorker().register(
      work,
      (_, { signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    )
    await worker.startThreads(1)
    const { id } = await universe.queue.add(work, {})
    await until('it runs', async () => (await universe.queue.getJob(id))?.state === 'running')
    expect(await worker.finishThreads({ timeout: '10ms' })).toEqual({ finished: 0, released: 1 })
    expect(await universe.queue.getJob(id)).toMatchObject({
      state: 'available',
      currentRetryCount: 0,
      crashCount: 0,
    })
    expect((await universe.queue.getAttempts(id)).map(({ outcome }) => outcome)).toEqual(['released'])
  })

  // S45, S46, S70
  test('refuse what cannot be', async () => {
    const worker = makeWorker().register(work, () => 1)
    for (const count of [0, -1, 1.5, Number.NaN])
      await expect(worker.startThreads(count)).rejects.toThrow(InvalidInputError)
    expect(() => worker.register(work, () => 1)).toThrow(/has a handler already/)
    await worker.startThreads(1)
    await expect(worker.startThreads(1)).rejects.toThrow(/threads_running/)
    expect(() => worker.register(other, () => 1)).toThrow(/threads_running/)
    expect(() => worker.unregister('work')).toThrow(/threads_running/)
    for (const deadFor of [0, -1, 500, 1_000, 2_000])
      expect(() => createWorker(universe.queue, { heartbeatInterval: '1s', deadFor })).toThrow(
        InvalidInputError,
      )
    createWorker(universe.queue, { heartbeatInterval: '1s', deadFor: '3s' })
    createWorker(universe.queue, { heartbeatInterval: 0, deadFor: 1 })
    expect(() => createWorker(universe.queue, { pollInterval: 0 })).toThrow(InvalidInputError)
    expect(() => createWorker(universe.queue, { retires: 3 } as WorkerOptions)).toThrow(/unknown_option/)
    expect(worker.registeredJobTypes()).toEqual(['work'])
  })

  test("wait for a row that a caller's transaction holds, while others go on", async () => {
    const gate = Promise.withResolvers<void>()
    const worker = makeWorker().register(work, async ({ n }) => (n === 1 ? gate.promise.then(() => 1) : 2))
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
})

// S12
test('a closed queue says so', async () => {
  const queue = createJobQueue({ connectionString: universe.url })
  await queue.getStats()
  await queue.close()
  await expect(queue.add(work, {})).rejects.toThrow(ClosedError)
  await expect(queue.getStats()).rejects.toThrow(ClosedError)
  await expect(queue.close()).rejects.toThrow(ClosedError)
})

// S32, S57
test('listeners are told what they asked for, and one that throws hurts nobody', async () => {
  const told: string[] = []
  await universe.queue.addListener({
    onJobStopped: () => {
      throw new Error('a listener throws')
    },
  })
  const remove = await universe.queue.addListener(
    { onJobBundleStopped: () => void told.push('removed') },
    { bundleType: 'x' },
  )
  await remove()
  await universe.queue.addListener(
    { onJobBundleStopped: ({ bundleType }) => void told.push(`x: ${bundleType}`) },
    { bundleType: 'x' },
  )
  await universe.queue.addListener({
    onJobBundleStopped: async (event) => void told.push(`all: ${(await event.getJobBundle())?.type}`),
  })
  await universe.queue.addListener(
    { onJobStopped: async (event) => void told.push(`job: ${(await event.getJob())?.state}`) },
    { jobType: 'work' },
  )
  const worker = makeWorker()
    .register(work, () => 1)
    .register(other, () => 1)
  await worker.startThreads(2)
  await universe.queue.addBundle({ type: 'x', origin: 'o', jobs: [work.with({})] })
  await universe.queue.addBundle({ type: 'y', origin: 'o', jobs: [other.with({})] })
  await until('all were told', () => told.length >= 4)
  expect(told.sort((a, b) => a.localeCompare(b))).toEqual(['all: x', 'all: y', 'job: succeeded', 'x: x'])
})
