import { defineJob, fixedDelay, InvalidInputError } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type ConformingWorkerOptions, type CreateWorker, other, work, workshopsOf } from './workshop.ts'

export function threadsConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('threads', () => {
    // S47
    inWorkshop('never run more than they are, nor more of a type than it allows', async (shop) => {
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
      const worker = shop
        .worker()
        .register(work, counted('work'))
        .register(other, counted('other'), { concurrency: 2 })
      const added = await shop.queue.addMany(
        Array.from({ length: 200 }, (_, n) => (n % 2 ? work.with({}) : other.with({}))),
      )
      await worker.startThreads(5)
      for (const { id } of added) expect((await shop.stopped(id)).state).toBe('succeeded')
      expect(peak).toEqual({ both: 5, other: 2 })
    })

    // S34
    inWorkshop('claim only types that have a handler, and none is fine too', async (shop) => {
      const idle = shop.worker()
      await idle.startThreads(1)
      const worker = shop.worker().register(work, () => 1)
      await worker.startThreads(1)
      const untouched = await shop.queue.add(other, {})
      await shop.stopped((await shop.queue.add(work, {})).id)
      expect(await shop.queue.getJob(untouched.id)).toMatchObject({ state: 'available', attempt: 0 })
    })

    // S39
    inWorkshop('start a job at its time, and a retry at its own, however rare the poll', async (shop) => {
      const starts: number[] = []
      const worker = shop.worker({ pollInterval: '1h', reapInterval: '1h' }).register(
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
      const { id } = await shop.queue.add(work, {}, { runAfter: '300ms' })
      expect(await shop.stopped(id)).toMatchObject({ state: 'succeeded', attempt: 2 })
      // And not an hour later: `stopped` has not waited for that.
      expect((starts[0] as number) - begun).toBeGreaterThanOrEqual(290)
      expect((starts[1] as number) - (starts[0] as number)).toBeGreaterThanOrEqual(290)
    })

    // S77
    inWorkshop(
      'finish: no claim begins, what runs ends, its outcome is there, and the backlog is untouched',
      async (shop) => {
        const gate = Promise.withResolvers<void>()
        let begun = 0
        const worker = shop.worker().register(work, async () => {
          begun++
          await gate.promise
          return 'ended'
        })
        const added = await shop.queue.addMany(Array.from({ length: 20 }, (_, n) => work.with({ n })))
        await worker.startThreads(4)
        await until('four run', () => begun === 4)
        const finishing = worker.finishThreads()
        gate.resolve()
        expect(await finishing).toEqual({ finished: 4, released: 0 })
        const states = await Promise.all(added.map(async ({ id }) => (await shop.queue.getJob(id))?.state))
        expect(states.filter((state) => state === 'succeeded')).toHaveLength(4)
        expect(states.filter((state) => state === 'available')).toHaveLength(16)
        expect(begun).toBe(4)
      },
    )

    // S78
    inWorkshop(
      'may be started and finished in any order; nothing hangs and nothing is lost',
      async (shop) => {
        const worker = shop.worker().register(work, () => 1)
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
        expect((await shop.stopped((await shop.queue.add(work, {})).id)).state).toBe('succeeded')
      },
    )

    // S79
    inWorkshop('that are aborted release their jobs, and no earlier failure is forgotten', async (shop) => {
      const running = new Set<string>()
      const worker = shop.worker().register(
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
      const [none, three] = await shop.queue.addMany([work.with({}), work.with({}, { maxRetryCount: 3 })])
      await worker.startThreads(2, { signal: stop.signal })
      await until('both run', () => running.size === 2)
      stop.abort()
      await worker.stopThreads()
      expect(await shop.queue.getJob(none?.id as string)).toMatchObject({
        state: 'available',
        currentRetryCount: 0,
        crashCount: 0,
        attempt: 1,
      })
      expect(await shop.queue.getJob(three?.id as string)).toMatchObject({
        state: 'available',
        currentRetryCount: 1,
        crashCount: 0,
        attempt: 2,
      })
    })

    inWorkshop('past their time to finish abort and release what runs', async (shop) => {
      const worker = shop
        .worker()
        .register(
          work,
          (_, { signal }) =>
            new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
        )
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      await until('it runs', async () => (await shop.queue.getJob(id))?.state === 'running')
      expect(await worker.finishThreads({ timeout: '10ms' })).toEqual({ finished: 0, released: 1 })
      expect(await shop.queue.getJob(id)).toMatchObject({
        state: 'available',
        currentRetryCount: 0,
        crashCount: 0,
      })
      expect((await shop.queue.getAttempts(id)).map(({ outcome }) => outcome)).toEqual(['released'])
    })

    // S45, S46, S70
    inWorkshop('refuse what cannot be', async (shop) => {
      const worker = shop
        .worker()
        .register(work, () => 1)
        .register(other, () => 1)
      for (const count of [0, -1, 1.5, Number.NaN])
        await expect(worker.startThreads(count)).rejects.toThrow(InvalidInputError)
      expect(() => worker.register(work, () => 1)).toThrow(/has a handler already/)
      await worker.startThreads(1)
      await expect(worker.startThreads(1)).rejects.toThrow(/threads_running/)
      expect(() => worker.register(defineJob('third', { payload: other.schema.payload }), () => 1)).toThrow(
        /threads_running/,
      )
      expect(() => worker.unregister('work')).toThrow(/threads_running/)
      for (const deadFor of [0, -1, 500, 1_000, 2_000])
        expect(() => shop.createWorker(shop.queue, { heartbeatInterval: '1s', deadFor })).toThrow(
          InvalidInputError,
        )
      shop.createWorker(shop.queue, { heartbeatInterval: '1s', deadFor: '3s' })
      shop.createWorker(shop.queue, { heartbeatInterval: 0, deadFor: 1 })
      for (const pollInterval of [0, -1])
        expect(() => shop.createWorker(shop.queue, { pollInterval })).toThrow(InvalidInputError)
      expect(() => shop.createWorker(shop.queue, { retires: 3 } as ConformingWorkerOptions)).toThrow(
        /unknown_option/,
      )
      expect(worker.registeredJobTypes()).toEqual(['other', 'work'])
    })
  })
}
