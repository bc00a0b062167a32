import { fixedDelay, InvalidInputError } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { addOne, Hand } from './hand.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, work, workshopsOf } from './workshop.ts'

export function runOnceConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('runOnce', () => {
    inWorkshop('runs what is due now and leaves what is due later', async (shop) => {
      const ran: number[] = []
      const worker = shop.worker().register(work, ({ n }) => ran.push(n))
      expect(await worker.runOnce()).toEqual({ run: 0 })
      await shop.queue.addMany(Array.from({ length: 30 }, (_, n) => work.with({ n })))
      const later = await shop.queue.add(work, { n: 99 }, { runAfter: '1h' })
      const soon = await shop.queue.add(work, { n: 100 }, { runAfter: '10m' })
      await shop.universe.age(600_000)
      expect(await worker.runOnce()).toEqual({ run: 31 })
      expect(ran.toSorted((a, b) => a - b)).toEqual([...Array.from({ length: 30 }, (_, n) => n), 100])
      expect(await shop.queue.getJob(soon.id)).toMatchObject({ state: 'succeeded', workerId: worker.id })
      expect(await shop.queue.getJob(later.id)).toMatchObject({ state: 'scheduled', attempt: 0 })
    })

    inWorkshop('takes the most urgent first, and no type without a handler', async (shop) => {
      const ran: number[] = []
      const worker = shop.worker().register(work, ({ n }) => ran.push(n), { concurrency: 1 })
      await shop.queue.addMany([1, 3, 2].map((n) => work.with({ n }, { priority: n })))
      const foreign = await shop.queue.add(other, {})
      expect(await worker.runOnce()).toEqual({ run: 3 })
      expect(ran).toEqual([3, 2, 1])
      expect((await shop.queue.getJob(foreign.id))?.state).toBe('available')
    })

    inWorkshop(
      'runs what its handlers add and what is to be retried at once, and records failures',
      async (shop) => {
        const worker = shop
          .worker()
          .register(work, async ({ n }) => n > 0 && (await shop.queue.add(work, { n: n - 1 })).status)
          .register(
            other,
            () => {
              throw new Error('never')
            },
            { maxRetryCount: 2, retryRule: (job) => (job.attempt === 1 ? 0 : '1h') },
          )
        await shop.queue.add(work, { n: 5 })
        const failing = await shop.queue.add(other, {})
        expect(await worker.runOnce()).toEqual({ run: 6 + 2 })
        expect(await shop.queue.getJob(failing.id)).toMatchObject({ state: 'retrying', attempt: 2 })
        expect(await shop.queue.getStats()).toMatchObject({ succeeded: 6, running: 0 })
      },
    )

    inWorkshop('runs a job that another one of it waits for', async (shop) => {
      const worker = shop.worker().register(work, async ({ n }) => {
        if (n === 0) return 'done'
        const { id } = await shop.queue.add(work, { n: 0 })
        return (await shop.queue.getRunState(id)).waitUntilStopped()
      })
      const { id } = await shop.queue.add(work, { n: 1 })
      expect(await worker.runOnce()).toEqual({ run: 2 })
      expect((await shop.queue.getJob(id))?.result).toBe('done')
    })

    inWorkshop('begins no more than maxJobs, which run to their end', async (shop) => {
      const worker = shop.worker().register(work, () => new Promise((resolve) => setImmediate(resolve, 1)))
      await shop.queue.addMany(Array.from({ length: 20 }, (_, n) => work.with({ n })))
      expect(await worker.runOnce({ maxJobs: 3 })).toEqual({ run: 3 })
      expect(await shop.queue.getStats()).toMatchObject({ succeeded: 3, available: 17, running: 0 })
      expect(await worker.runOnce({ maxJobs: 12 })).toEqual({ run: 12 })
      expect(await worker.runOnce({ maxJobs: 12 })).toEqual({ run: 5 })
    })

    inWorkshop('counts a failed attempt as one that ran', async (shop) => {
      const worker = shop.worker().register(
        work,
        () => {
          throw new Error('no')
        },
        { maxRetryCount: 9, retryRule: fixedDelay(0) },
      )
      const { id } = await shop.queue.add(work, {})
      expect(await worker.runOnce({ maxJobs: 4 })).toEqual({ run: 4 })
      expect(await shop.queue.getJob(id)).toMatchObject({ attempt: 4, currentRetryCount: 4 })
    })

    inWorkshop('past its timeout aborts and releases what runs', async (shop) => {
      const aborted: string[] = []
      const worker = shop.worker().register(work, async (_, { signal }) => {
        await new Promise((resolve) => signal.addEventListener('abort', resolve))
        aborted.push(signal.reason.reason)
        throw signal.reason
      })
      const { id } = await shop.queue.add(work, {})
      let timeout = 100 // to join takes time too, on a busy machine more
      const nothing = () => ({ run: 0 })
      while ((await worker.runOnce({ timeout }).catch(nothing)).run === 0) timeout *= 2
      expect(aborted).toEqual(['shutdown'])
      expect(await shop.queue.getJob(id)).toMatchObject({
        state: 'available', // by then it may have been claimed twice: once too late to begin
        currentRetryCount: 0,
        crashCount: 0,
      })
    })

    // P12
    inWorkshop('frees what the dead hold, and runs alone what crashed', async (shop) => {
      const crashed = await addOne(shop.queue)
      const dead = await Hand.join(shop.queue)
      await dead.claimOne()
      await shop.universe.age(61_000)
      await shop.queue.addMany([1, 2, 3].map((n) => work.with({ n })))
      let running = 0
      const beside: number[] = []
      const worker = shop.worker().register(work, async (_, { job }) => {
        running++
        await new Promise(setImmediate)
        if (job.id === crashed) beside.push(running)
        running--
        return null
      })
      expect(await worker.runOnce()).toEqual({ run: 4 })
      expect(beside).toEqual([1])
      expect(await shop.queue.getJob(crashed)).toMatchObject({
        state: 'succeeded',
        attempt: 2,
        crashCount: 1,
      })
    })

    inWorkshop('leaves as a worker that said goodbye, and may run again', async (shop) => {
      const worker = shop.worker().register(work, () => 1)
      for (const count of [1, 2]) {
        await shop.queue.add(work, {})
        await worker.runOnce()
        const [info, ...others] = await shop.queue.getWorkers()
        expect(others).toEqual([])
        expect(info).toMatchObject({ id: worker.id, running: 0, stats: { succeeded: count } })
        expect(info?.stoppedAt).toBeInstanceOf(Date)
      }
      await worker.startThreads(1)
      expect((await shop.stopped((await shop.queue.add(work, {})).id)).state).toBe('succeeded')
    })

    inWorkshop(
      'stands alone: neither threads nor another run beside it, and finishThreads ends it',
      async (shop) => {
        const worker = shop
          .worker()
          .register(
            work,
            (_, { signal }) =>
              new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
          )
        const { id } = await shop.queue.add(work, {})
        const running = worker.runOnce()
        await until('it runs', async () => (await shop.queue.getJob(id))?.state === 'running')
        await expect(worker.runOnce()).rejects.toThrow(/threads_running/)
        await expect(worker.startThreads(1)).rejects.toThrow(/threads_running/)
        expect(() => worker.register(other, () => 1)).toThrow(/threads_running/)
        expect(await worker.finishThreads({ timeout: 1 })).toEqual({ finished: 0, released: 1 })
        expect(await running).toEqual({ run: 1 })
        await worker.startThreads(1)
        await expect(worker.runOnce()).rejects.toThrow(/threads_running/)
      },
    )

    inWorkshop('refuses what cannot be', async (shop) => {
      const worker = shop.worker()
      for (const maxJobs of [0, -1, 1.5, Number.NaN])
        await expect(worker.runOnce({ maxJobs })).rejects.toThrow(InvalidInputError)
      for (const timeout of [0, -1, '1 week' as never])
        await expect(worker.runOnce({ timeout })).rejects.toThrow(/invalid_duration/)
      await expect(worker.runOnce({ max: 1 } as never)).rejects.toThrow(/unknown_option/)
      expect(await worker.runOnce()).toEqual({ run: 0 })
    })
  })
}
