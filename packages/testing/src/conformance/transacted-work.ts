import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, work, workshopsOf } from './workshop.ts'

/** What workers do, and do not do, about what was added in transactions of the caller's. */
export function transactedWorkConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)
  const byWakeUpsAlone = { pollInterval: '1h', reapInterval: '1h' } as const

  describe('a transaction', () => {
    // S08, P2
    inWorkshop('that is rolled back leaves no row, no run and no wake-up', async (shop) => {
      const { queue, universe } = shop
      const ran: unknown[] = []
      const woken: unknown[] = []
      await shop
        .worker(byWakeUpsAlone)
        .register(work, ({ n }) => void ran.push(n))
        .register(other, (payload) => void ran.push(payload))
        .startThreads(1)
      const stopHearing = await queue.work.onWakeUp(
        (hint) => void (hint.kind === 'available' && woken.push(hint.jobType)),
      )
      const failing = universe.transaction(async (db) => {
        await queue.add(work, { n: 1 }, { db })
        await queue.addMany([work.with({ n: 2 }), work.with({ n: 3 }, { uniqueKey: 'k' })], { db })
        await queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({ n: 4 })] }, { db })
        throw new Error('changed my mind')
      })
      await expect(failing).rejects.toThrow('changed my mind')
      expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
      await universe.transaction((db) => queue.add(other, 'committed', { db }))
      await until('the committed one has run', () => ran.length > 0)
      expect(ran).toEqual(['committed'])
      expect(woken.filter((jobType) => jobType !== 'other')).toEqual([])
      await stopHearing()
    })

    inWorkshop(
      'holds its jobs back until it commits, while others go on; then all of them run',
      async (shop) => {
        const { queue, universe } = shop
        const ran: unknown[] = []
        await shop
          .worker(byWakeUpsAlone)
          .register(work, ({ n }) => void ran.push(n))
          .register(other, (payload) => void ran.push(payload))
          .startThreads(2)
        await universe.transaction(async (db) => {
          await queue.add(work, { n: 1 }, { db })
          await queue.addMany([work.with({ n: 2 }), work.with({ n: 3 })], { db })
          const bundle = { type: 'b', origin: 'o', jobs: [work.with({ n: 4 })], open: true } as const
          const { id } = await queue.addBundle(bundle, { db })
          await queue.addToBundle(id, [work.with({ n: 5 })], { db })
          await queue.sealBundle(id, { db })
          expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
          await queue.add(other, 'meanwhile')
          await until("somebody else's job has run", () => ran.length > 0)
          expect(ran).toEqual(['meanwhile'])
        })
        await until('all have run', () => ran.length === 6)
        expect(new Set(ran)).toEqual(new Set(['meanwhile', 1, 2, 3, 4, 5]))
      },
    )

    inWorkshop(
      'that stops a bundle tells of it, and adds what comes after it, once it commits and not before',
      async (shop) => {
        const { queue, universe } = shop
        const told: unknown[] = []
        const ran: unknown[] = []
        await shop
          .worker(byWakeUpsAlone)
          .register(other, (payload) => void ran.push(payload))
          .startThreads(1)
        await queue.addListener({ onJobBundleStopped: ({ epoch }) => void told.push(epoch) })
        const { id } = await queue.addBundle({
          type: 'b',
          origin: 'o',
          jobs: [work.with({ n: 1 }, { runAfter: '1h' })],
          whenStopped: [other.with('after')],
        })
        const failing = universe.transaction(async (db) => {
          expect(await queue.cancelJobBundle(id, { db })).toEqual({ cancelled: 1, requested: 0 })
          throw new Error('changed my mind')
        })
        await expect(failing).rejects.toThrow('changed my mind')
        expect((await queue.getStatus()).numJobs).toBe(1)
        await universe.transaction((db) => queue.cancelJobBundle(id, { db }))
        await until('it was told and what comes after has run', () => told.length > 0 && ran.length > 0)
        expect([told, ran]).toEqual([[1], ['after']])
      },
    )

    inWorkshop('that asks a running job to end is heard once it commits', async (shop) => {
      const { queue, universe } = shop
      const ran: unknown[] = []
      const started = Promise.withResolvers<AbortSignal>()
      await shop
        .worker({ ...byWakeUpsAlone, heartbeatInterval: '1h', deadFor: '3h' })
        .register(work, async (_, { signal }) => {
          started.resolve(signal)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return 'ended'
        })
        .register(other, (payload) => void ran.push(payload))
        .startThreads(2)
      const { id } = await queue.add(work, {})
      const signal = await started.promise
      await universe.transaction(async (db) => {
        expect(await queue.cancelJob(id, { db })).toBe('requested')
        await queue.add(other, 'meanwhile')
        await until("somebody else's job has run", () => ran.length > 0)
        expect(signal.aborted).toBe(false)
      })
      expect(await shop.stopped(id)).toMatchObject({ state: 'cancelled' })
    })
  })
}
