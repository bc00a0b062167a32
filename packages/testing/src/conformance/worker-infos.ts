import { TerminalJobError } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { addOne, Hand, outcome } from './hand.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, work, workshopsOf } from './workshop.ts'

export function workerInfosConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('getWorkers', () => {
    inWorkshop('says who works, on what, and how much', async (shop) => {
      expect(await shop.queue.getWorkers()).toEqual([])
      const gate = Promise.withResolvers<void>()
      const worker = shop
        .worker()
        .register(work, () => gate.promise)
        .register(other, () => 1)
      await worker.startThreads(3)
      await shop.queue.addMany([work.with({}), work.with({})])
      await until('both run', async () => (await shop.queue.getStats()).running === 2)
      const [info, ...rest] = await shop.queue.getWorkers()
      expect(rest).toEqual([])
      expect(info).toEqual({
        id: worker.id,
        host: expect.stringMatching(/./),
        pid: process.pid,
        version: expect.stringMatching(/^\d+\.\d+\.\d+/),
        jobTypes: ['other', 'work'],
        threads: 3,
        running: 2,
        startedAt: expect.any(Date),
        workerAliveAt: expect.any(Date),
        stoppedAt: null,
        stats: { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, released: 0 },
      })
      gate.resolve()
    })

    inWorkshop('counts attempts by how they ended, while it works and when it has left', async (shop) => {
      const hold = (_: unknown, { signal }: { signal: AbortSignal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
      const worker = shop
        .worker({ pollInterval: '50ms' })
        .register(
          work,
          ({ n }, context) => {
            if (n === 1) throw new Error('no')
            if (n === 2) throw new TerminalJobError('never')
            return n === 0 ? 0 : hold(n, context)
          },
          { timeout: '20ms' },
        )
        .register(other, hold)
      await worker.startThreads(4)
      const added = await shop.queue.addMany(
        [0, 0, 0, 1, 2, 3].map((n) => work.with({ n })).concat(other.with({})),
      )
      for (const { id } of added.slice(0, -1)) await shop.stopped(id)
      const cancelled = added.at(-1)?.id as string
      await until('it runs', async () => (await shop.queue.getJob(cancelled))?.state === 'running')
      expect(await shop.queue.cancelJob(cancelled)).toBe('requested')
      await shop.stopped(cancelled)
      const told = { succeeded: 3, failed: 2, timedOut: 1, cancelled: 1, released: 0 }
      const stats = async () => (await shop.queue.getWorkers())[0]?.stats
      await until('it has told', async () => (await stats())?.cancelled === 1)
      expect(await stats()).toEqual(told)
      const released = await shop.queue.add(other, {})
      await until('it runs', async () => (await shop.queue.getJob(released.id))?.state === 'running')
      await worker.stopThreads()
      const [info] = await shop.queue.getWorkers()
      expect(info).toMatchObject({ running: 0, stats: { ...told, released: 1 } })
      expect(info?.stoppedAt).toBeInstanceOf(Date)
    })

    inWorkshop('counts nothing that was lost', async (shop) => {
      const gate = Promise.withResolvers<void>()
      const worker = shop.worker().register(work, () => gate.promise)
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      await until('it runs', async () => (await shop.queue.getJob(id))?.state === 'running')
      await shop.queue.deleteJob(id)
      gate.resolve()
      await worker.finishThreads()
      expect((await shop.queue.getWorkers())[0]?.stats.succeeded).toBe(0)
    })

    inWorkshop(
      'shows those that work before those that stopped, and the newest of each first',
      async (shop) => {
        const hands: Hand[] = []
        for (let n = 0; n < 4; n++) {
          hands.push(await Hand.join(shop.queue))
          await new Promise((resolve) => setTimeout(resolve, 2))
        }
        await hands[1]?.leave()
        await hands[3]?.leave()
        const ids = (await shop.queue.getWorkers()).map(({ id }) => id)
        expect(ids).toEqual([2, 0, 3, 1].map((n) => hands[n]?.id))
      },
    )

    inWorkshop('shows when a process was taken for dead, with what it had told before', async (shop) => {
      await addOne(shop.queue)
      const dead = await Hand.join(shop.queue)
      await dead.settle(outcome.succeeded(await dead.claimOne()))
      const settled = { succeeded: 1, failed: 0, timedOut: 0, cancelled: 0, released: 0 }
      await dead.look(settled)
      const held = await addOne(shop.queue)
      await dead.claimOne()
      expect((await shop.queue.getWorkers())[0]).toMatchObject({ id: dead.id, running: 1, stoppedAt: null })
      await shop.universe.age(61_000)
      await (await Hand.join(shop.queue)).look()
      const info = (await shop.queue.getWorkers()).find(({ id }) => id === dead.id)
      expect(info).toMatchObject({ running: 0, stats: settled })
      expect(info?.stoppedAt).toBeInstanceOf(Date)
      expect((await shop.queue.getJob(held))?.crashCount).toBe(1)
    })
  })
}
