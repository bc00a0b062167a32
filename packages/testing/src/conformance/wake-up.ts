import { fixedDelay } from '@jq/core'
import { describe, expect } from 'vitest'
import type { BigBang } from './universe.ts'
import { type CreateWorker, work, workshopsOf } from './workshop.ts'

/** A worker that finds nothing by itself for an hour. */
const sleepy = { pollInterval: '1h', reapInterval: '1h' } as const

export function wakeUpConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('an idle worker', () => {
    // S40
    inWorkshop('starts a planned job at once when its start is moved to now', async (shop) => {
      const worker = shop.worker(sleepy).register(work, ({ n }) => n)
      await worker.startThreads(2)
      await shop.stopped((await shop.queue.add(work, {})).id)
      const { id } = await shop.queue.add(work, { n: 7 }, { runAfter: '1h' })
      expect((await shop.queue.getJob(id))?.state).toBe('scheduled')
      expect(await shop.queue.setJobStart(id, new Date())).toBe(true)
      expect(await shop.stopped(id)).toMatchObject({ state: 'succeeded', result: 7, attempt: 1 })
    })

    // S118
    inWorkshop('starts a stopped job at once when that is reset', async (shop) => {
      const { queue } = shop
      const gate = Promise.withResolvers<void>()
      let reset = false
      const worker = shop.worker(sleepy).register(
        work,
        async ({ n }) => {
          if (reset) await gate.promise
          else if (n === 1) throw new Error('no')
          return n
        },
        { retryRule: fixedDelay(0) },
      )
      await worker.startThreads(2)
      const startAt = new Date(Date.now() - 60_000)
      const [failed, succeeded] = await queue.addMany(
        [1, 2].map((n) => work.with({ n }, { startAt, maxRetryCount: 1 })),
      )
      const ids = [failed?.id as string, succeeded?.id as string]
      expect(await shop.stopped(ids[0] as string)).toMatchObject({ state: 'failed', currentRetryCount: 1 })
      expect(await shop.stopped(ids[1] as string)).toMatchObject({ state: 'succeeded', result: 2 })
      reset = true
      for (const [place, attempt] of [3, 2].entries()) {
        const id = ids[place] as string
        expect(await queue.resetJob(id)).toBe(true)
        await shop.running(id)
        expect(await queue.getJob(id)).toMatchObject({
          state: 'running',
          errorMsg: null,
          errorData: null,
          result: null,
          stoppedAt: null,
          currentRetryCount: 0,
          startAt,
          attempt,
        })
      }
      gate.resolve()
      for (const id of ids) expect((await shop.stopped(id)).state).toBe('succeeded')
    })
  })

  describe('threads', () => {
    // S48, with `prefetch` it is a test of its own
    inWorkshop('never have more jobs claimed than they are', async (shop) => {
      const { work: service } = shop.queue
      const step = service.step.bind(service)
      let [claimed, peak] = [0, 0]
      service.step = async (request) => {
        const answer = await step(request)
        claimed += answer.claimed.length - (request.outcomes.length - answer.busy.length)
        peak = Math.max(peak, claimed)
        return answer
      }
      const worker = shop.worker().register(work, async ({ n }) => {
        if (n % 3 === 0) await new Promise(setImmediate)
        return n
      })
      const added = await shop.queue.addMany(Array.from({ length: 1_000 }, (_, n) => work.with({ n })))
      await worker.startThreads(5)
      await shop.stopped(added.at(-1)?.id as string)
      await worker.finishThreads()
      expect(await shop.queue.getStats()).toMatchObject({ succeeded: 1_000 })
      expect({ peak, claimed }).toEqual({ peak: 5, claimed: 0 })
    })

    // S78
    inWorkshop(
      'that are stopped have ended before new ones start, and nothing is lost between',
      async (shop) => {
        let [running, peak] = [0, 0]
        let blocks = false
        const worker = shop.worker().register(work, async ({ n }, { signal }) => {
          peak = Math.max(peak, ++running)
          if (blocks)
            // until it is stopped, and then for a moment more
            await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 30)))
          running--
          signal.throwIfAborted()
          return n
        })
        const ten = () => shop.queue.addMany(Array.from({ length: 10 }, (_, n) => work.with({ n })))
        const added = [...(await ten())]
        await Promise.all([worker.startThreads(1), worker.finishThreads()])
        blocks = true
        added.push(...(await ten())) // the first ten may all have run by now
        await worker.startThreads(1)
        await shop.running()
        const stopping = worker.stopThreads()
        await expect(worker.startThreads(1)).rejects.toThrow(/threads_running/)
        await stopping
        blocks = false
        expect(running).toBe(0)
        await worker.startThreads(1)
        for (const { id } of added)
          expect(await shop.stopped(id)).toMatchObject({
            state: 'succeeded',
            crashCount: 0,
            currentRetryCount: 0,
          })
        expect(peak).toBe(1)
      },
    )
  })
}
