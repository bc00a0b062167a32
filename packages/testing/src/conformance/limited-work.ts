import { SnoozeJob } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { countedLooks } from './counted-looks.ts'
import { Hand, outcome } from './hand.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, type Workshop, work, workshopsOf } from './workshop.ts'

/** A worker that finds nothing by itself for an hour. */
const sleepy = { pollInterval: '1h', reapInterval: '1h' } as const

export function limitedWorkConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  /** A worker that sleeps, has learned what waits, and was told of nothing since. */
  async function sleeper(shop: Workshop, threads = 2): Promise<string[]> {
    const ran: string[] = []
    const looks = countedLooks(shop.queue)
    const worker = shop
      .worker(sleepy, looks.queue)
      .register(work, (_, { job }) => ran.push(job.id))
      .register(other, () => undefined)
    await worker.startThreads(threads)
    await shop.stopped((await shop.queue.add(other, {})).id)
    await until('the worker sleeps', looks.isAsleep)
    return ran
  }

  /** Waits for the sleeper to have met the limit, and gone to sleep on it: it has had a later job of another type. */
  async function asleepAgain(shop: Workshop): Promise<void> {
    for (let n = 0; n < 3; n++) await shop.stopped((await shop.queue.add(other, {})).id)
  }

  describe('a worker that sleeps', () => {
    // P19
    inWorkshop('starts a limited job at once when another worker makes room for it', async (shop) => {
      const { queue } = shop
      await queue.setLimit(work, { concurrency: 1 })
      const [first, second] = await queue.addMany([work.with({}), work.with({})])
      const hand = await Hand.join(queue)
      const [claimed] = await hand.claim()
      const ran = await sleeper(shop)
      expect(ran).toEqual([])
      await hand.settle(outcome.succeeded(claimed as never))
      await shop.stopped(second?.id as string)
      expect(claimed?.job.id).toBe(first?.id)
    })

    inWorkshop('starts what waited when its type is resumed, or its limit raised', async (shop) => {
      const { queue } = shop
      await queue.pause(work)
      const ran = await sleeper(shop)
      const { id } = await queue.add(work, {})
      await asleepAgain(shop)
      expect(ran).toEqual([])
      await queue.resume(work)
      await shop.stopped(id)

      await queue.setLimit(work, { rate: { count: 1, per: '1h' } })
      const [one, two] = await queue.addMany([work.with({}), work.with({})])
      await shop.stopped(one?.id as string)
      await queue.setLimit(work, null)
      await shop.stopped(two?.id as string)
    })

    inWorkshop('starts what is added once its type is resumed, though nothing waited then', async (shop) => {
      const { queue } = shop
      await queue.pause(work)
      await sleeper(shop)
      await queue.resume(work)
      await shop.stopped((await queue.add(work, {})).id)
    })

    inWorkshop('starts the next when a token arrives, each in its time', async (shop) => {
      const { queue } = shop
      await queue.setLimit(work, { rate: { count: 1, per: '200ms' } })
      await sleeper(shop)
      const added = await queue.addMany(Array.from({ length: 4 }, () => work.with({})))
      const stopped = await Promise.all(added.map(({ id }) => shop.stopped(id)))
      const starts = stopped.map(({ startedAt }) => startedAt?.getTime() as number).toSorted((a, b) => a - b)
      expect((starts.at(-1) as number) - (starts[0] as number)).toBeGreaterThanOrEqual(600 - 5)
    })

    inWorkshop('goes on with a group when its hold ends, and with others meanwhile', async (shop) => {
      const { queue } = shop
      const order: string[] = []
      const worker = shop.worker(sleepy).register(work, (_, { job }) => {
        order.push(job.groupKey as string)
        if (job.groupKey === 'a' && job.attempt === 1 && order.length === 1)
          throw new SnoozeJob('300ms', { holdGroup: true })
        return null
      })
      await worker.startThreads(1)
      const [a, also, b] = await queue.addMany(['a', 'a', 'b'].map((groupKey) => work.with({}, { groupKey })))
      const [held, waited] = [await shop.stopped(a?.id as string), await shop.stopped(also?.id as string)]
      const free = await shop.stopped(b?.id as string)
      expect(order).toEqual(['a', 'b', 'a', 'a'])
      expect(held).toMatchObject({ state: 'succeeded', attempt: 2, currentRetryCount: 0 })
      expect((waited.startedAt as Date).getTime()).toBeGreaterThan((free.startedAt as Date).getTime())
    })

    for (const limit of [null, { concurrency: 5 }])
      inWorkshop(
        `starts the first job of a group that its type has ever had (${limit ? 'limited' : 'no limit'})`,
        async (shop) => {
          await shop.queue.setLimit(work, limit)
          await sleeper(shop)
          await shop.stopped((await shop.queue.add(work, {}, { groupKey: 'first' })).id)
        },
      )
  })

  describe('threads', () => {
    inWorkshop('begin no job of a group that the very job before it has held', async (shop) => {
      const { queue } = shop
      const begun: string[] = []
      const worker = shop
        .worker(sleepy)
        .register(work, (_, { job }) => {
          begun.push(job.id)
          throw new SnoozeJob('1h', { holdGroup: true })
        })
        .register(other, () => undefined)
      const [first] = await queue.addMany([work.with({}), work.with({})])
      await worker.startThreads(1)
      await until(
        'the first waits',
        async () => (await queue.getJob(first?.id as string))?.state === 'scheduled',
      )
      await shop.stopped((await queue.add(other, {})).id)
      expect(begun).toEqual([first?.id])
    })

    // P19
    for (const prefetch of [0, 50])
      inWorkshop(
        `run all of a limited type, never too many at once, beside others (prefetch ${prefetch})`,
        async (shop) => {
          const { queue } = shop
          await queue.setLimit(work, { concurrency: 3 })
          let [running, most, ran] = [0, 0, 0]
          const workers = [1, 2].map(() =>
            shop
              .worker({ ...sleepy, prefetch })
              .register(work, async () => {
                most = Math.max(most, ++running)
                await new Promise(setImmediate)
                running--
                return ++ran
              })
              .register(other, () => new Promise(setImmediate)),
          )
          const jobs = Array.from({ length: 120 }, (_, n) => (n % 2 === 0 ? work.with({}) : other.with({})))
          await queue.addMany(jobs)
          await Promise.all(workers.map((worker) => worker.startThreads(4)))
          await until('all have run', async () => (await queue.getStats()).succeeded === 120, {
            within: '30s',
          })
          expect(ran).toBe(60)
          expect(most).toBeLessThanOrEqual(3)
          expect(most).toBeGreaterThan(0)
        },
      )

    inWorkshop(
      'run no more of a handler than it allows, where its jobs take turns in groups',
      async (shop) => {
        const { queue } = shop
        let [running, most] = [0, 0]
        const worker = shop.worker().register(
          work,
          async () => {
            most = Math.max(most, ++running)
            await new Promise(setImmediate)
            running--
            return null
          },
          { concurrency: 2 },
        )
        await queue.addMany(Array.from({ length: 40 }, (_, n) => work.with({}, { groupKey: `g${n % 8}` })))
        await worker.startThreads(6)
        await until('all have run', async () => (await queue.getStats()).succeeded === 40)
        expect(most).toBe(2)
      },
    )

    inWorkshop('run once what limits allow, and wait for nothing that they do not', async (shop) => {
      const { queue } = shop
      await queue.setLimit(work, { rate: { count: 2, per: '1h' } })
      await queue.pause(other)
      await queue.addMany([...Array.from({ length: 4 }, () => work.with({})), other.with({})])
      const worker = shop
        .worker()
        .register(work, () => 1)
        .register(other, () => undefined)
      expect(await worker.runOnce()).toEqual({ run: 2 })
      await queue.resume(other)
      expect(await worker.runOnce()).toEqual({ run: 1 })
    })
  })
}
