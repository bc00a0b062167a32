import { fixedDelay } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, work, workshopsOf } from './workshop.ts'

export function budgetsConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('budgets', () => {
    // P11, S58, S79
    inWorkshop('maxRetryCount 3 gives four runs, and releases take none away', async (shop) => {
      let runs = 0
      const worker = shop.worker({ heartbeatInterval: 0 }).register(
        work,
        async (_, { signal }) => {
          // Every second run is one that a shutdown meets; the others fail.
          if (++runs % 2 === 1)
            await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          throw new Error(`run ${runs}`)
        },
        { maxRetryCount: 3, retryRule: fixedDelay(1) },
      )
      const { id } = await shop.queue.add(work, {})
      for (let stop = 1; stop <= 4; stop++) {
        await worker.startThreads(1)
        await until('it runs', () => runs === 2 * stop - 1)
        await worker.stopThreads()
        expect(await shop.queue.getJob(id)).toMatchObject({
          state: 'available',
          currentRetryCount: stop - 1,
        })
      }
      await worker.startThreads(1)
      expect(await shop.stopped(id)).toMatchObject({
        ...{ state: 'failed', attempt: 8, errorMsg: 'run 8' },
        ...{ currentRetryCount: 3, currentTimeoutRetryCount: 0, crashCount: 0 },
      })
      expect((await shop.queue.getAttempts(id)).map(({ outcome }) => outcome)).toEqual(
        Array.from({ length: 4 }, () => ['released', 'failed']).flat(),
      )
    })

    // P11, S65
    inUniverse(bigBang, 'count errors, time-outs and crashes each for itself', async ({ queue, age }) => {
      const id = await addOne(queue)
      const settings = { maxRetryCount: 1, maxTimeoutRetryCount: 1, maxCrashCount: 3 }
      const hand = await Hand.join(queue, settings)
      const reaper = await Hand.join(queue, settings)
      const crash = async () => {
        await hand.claimOne()
        await age(61_000)
        await reaper.beat()
        await reaper.look()
        await hand.beat()
      }
      const end = async (ends: (typeof outcome)[keyof typeof outcome]) => {
        await hand.settle(ends(await hand.claimOne()))
        await hand.look() // makes due what is due
      }
      await end(outcome.snoozed)
      await end(outcome.failed)
      await crash()
      await end(outcome.timedOut)
      await crash()
      await end(outcome.released)
      const counts = { currentRetryCount: 1, currentTimeoutRetryCount: 1 }
      expect(await queue.getJob(id)).toMatchObject({ ...counts, state: 'available', crashCount: 2 })
      await crash()
      expect(await queue.getJob(id)).toMatchObject({ ...counts, state: 'dead', crashCount: 3, attempt: 7 })
    })
  })
}
