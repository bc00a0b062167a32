import { fixedDelay, type JobOptions } from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { Hand } from './hand.ts'
import type { BigBang } from './universe.ts'
import {
  type ConformingHandlerOptions,
  type ConformingWorkerOptions,
  type CreateWorker,
  other,
  work,
  workshopsOf,
} from './workshop.ts'

/** Where a limit can be set: each level wins over the ones before it. */
interface Levels {
  readonly worker?: ConformingWorkerOptions
  readonly handler?: ConformingHandlerOptions
  readonly job?: JobOptions
}

const limits = { maxRetryCount: 2, maxTimeoutRetryCount: 1 }
const tooMany = { maxRetryCount: 9, maxTimeoutRetryCount: 9 }
const endless = { maxRetryCount: -1, maxTimeoutRetryCount: -1 }

export function limitsConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('retries of errors and of time-outs end at their own limits', () => {
    const levels: Record<string, Levels> = {
      "the worker's": { worker: limits },
      "the handler's, which win over the worker's": { worker: tooMany, handler: limits },
      "the job's, which win over both": { worker: tooMany, handler: tooMany, job: limits },
      "the job's, also where theirs are endless": { worker: endless, handler: endless, job: limits },
    }
    for (const [name, { worker, handler, job }] of Object.entries(levels)) {
      // S65
      inWorkshop(name, async (shop) => {
        await shop
          .worker(worker)
          // A time-out ends first by its limit, then errors by theirs.
          .register(work, endingBy(['error', 'timeout', 'error', 'error']), { ...quick, ...handler })
          .register(other, endingBy(['timeout', 'error', 'timeout']), { ...quick, ...handler })
          .startThreads(2)
        const [errors, timeouts] = await shop.queue.addMany([work.with({}, job), other.with({}, job)])
        expect(await shop.stopped(errors?.id as string)).toMatchObject({
          state: 'failed',
          attempt: 4,
          currentRetryCount: 2,
          currentTimeoutRetryCount: 1,
          errorMsg: 'it went wrong',
        })
        expect(await shop.stopped(timeouts?.id as string)).toMatchObject({
          state: 'failed',
          attempt: 3,
          currentRetryCount: 1,
          currentTimeoutRetryCount: 1,
        })
      })
    }

    const unlimited: Record<string, Levels> = {
      'of the worker': { worker: endless },
      'of the handler': { worker: limits, handler: endless },
      'of the job': { worker: limits, handler: limits, job: endless },
    }
    for (const [name, { worker, handler, job }] of Object.entries(unlimited)) {
      // S65
      inWorkshop(`and a limit of -1 ${name} has no end`, async (shop) => {
        const ends = ['error', 'timeout', 'error', 'timeout', 'error', 'timeout', 'error', 'success'] as const
        await shop
          .worker(worker)
          .register(work, endingBy(ends), { ...quick, ...handler })
          .startThreads(1)
        const { id } = await shop.queue.add(work, {}, job)
        expect(await shop.stopped(id)).toMatchObject({
          state: 'succeeded',
          attempt: 8,
          currentRetryCount: 4,
          currentTimeoutRetryCount: 3,
        })
      })
    }
  })

  describe('a time-out', () => {
    // S54
    inWorkshop("is the worker's, unless the handler or the job has its own, and 0 is none", async (shop) => {
      const gate = Promise.withResolvers<void>()
      const begun = new Set<string>()
      const aborted = new Set<string>()
      const handler = async (_: unknown, { job, signal }: { job: { id: string }; signal: AbortSignal }) => {
        begun.add(job.id)
        signal.addEventListener('abort', () => aborted.add(job.id))
        await gate.promise
        return 1
      }
      await shop
        .worker({ timeout: '100ms' })
        .register(work, handler)
        .register(other, handler, { timeout: '1h' })
        .startThreads(6)
      // Those that must not be aborted begin first, so that what a shorter time-out does to them it has done by the end.
      const spared = await shop.queue.addMany([
        work.with({}, { timeout: 0 }),
        work.with({}, { timeout: '1h' }),
        other.with({}),
        other.with({}, { timeout: 0 }),
      ])
      await until('they run', () => begun.size === 4)
      const limited = await shop.queue.addMany([work.with({}), other.with({}, { timeout: '100ms' })])
      await until('the others are aborted', () => aborted.size >= 2)
      expect([...aborted].sort()).toEqual(limited.map(({ id }) => id).sort())
      gate.resolve()
      for (const { id } of spared) expect((await shop.stopped(id)).state).toBe('succeeded')
    })
  })

  describe('a retry', () => {
    // S60
    inWorkshop('needs no rule, is the last at its limit, and no reaper revives its job', async (shop) => {
      const worker = shop.worker().register(work, () => {
        throw new Error('no')
      })
      await worker.startThreads(1)
      const { id, jobs } = await shop.queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: [work.with({}, { maxRetryCount: 1 })],
      })
      const job = await shop.stopped(jobs[0]?.id as string)
      expect(job).toMatchObject({ state: 'failed', attempt: 2, currentRetryCount: 1 })
      const [first] = await shop.queue.getAttempts(job.id)
      const wait = (job.startedAt?.getTime() as number) - (first?.endedAt.getTime() as number)
      expect(wait).toBeGreaterThanOrEqual(1_000 - 50) // the default rule's 2 s with jitter, less what a look ahead may take
      await worker.finishThreads()
      await shop.universe.age(3_600_000)
      const reaper = await Hand.join(shop.queue)
      await reaper.look()
      expect((await shop.queue.getJob(job.id))?.state).toBe('failed')
      expect((await shop.queue.getBundleState(id)).bundle).toMatchObject({
        numJobsStopped: 1,
        numJobsFailed: 1,
        epoch: 1,
      })
    })

    // S62
    inWorkshop('whose rule takes longer than deadFor finds its job still in hand', async (shop) => {
      const gate = Promise.withResolvers<void>()
      let asked = 0
      const worker = shop.worker({ heartbeatInterval: '250ms', deadFor: '2s' }).register(
        work,
        ({ n }, { job }) => {
          if (job.attempt === 1) throw new Error('once')
          return n
        },
        {
          maxRetryCount: 1,
          retryRule: async () => {
            asked++
            await gate.promise
            return 0
          },
        },
      )
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, { n: 7 })
      await until('the rule is asked', () => asked === 1)
      const reaper = await Hand.join(shop.queue)
      await until('the heart has beaten past deadFor', async () => {
        await reaper.look()
        const job = await shop.queue.getJob(id)
        expect(job).toMatchObject({ state: 'running', errorMsg: null, crashCount: 0, attempt: 1 })
        return (job?.workerAliveAt?.getTime() as number) > (job?.startedAt?.getTime() as number) + 2_000
      })
      gate.resolve()
      expect(await shop.stopped(id)).toMatchObject({
        state: 'succeeded',
        result: 7,
        attempt: 2,
        crashCount: 0,
        currentRetryCount: 1,
      })
      expect(asked).toBe(1)
    })

    // S50
    inWorkshop('follows where the result is nothing that JSON can hold', async (shop) => {
      const worker = shop
        .worker()
        .register(
          work,
          (_, { job }) => (job.attempt === 1 ? (1n as unknown) : { attempt: job.attempt }),
          quick,
        )
        .register(other, () => undefined)
      await worker.startThreads(1)
      const [retried, spent, nothing] = await shop.queue.addMany([
        work.with({}, { maxRetryCount: 1 }),
        work.with({}, { maxRetryCount: 0 }),
        other.with({}),
      ])
      expect(await shop.stopped(retried?.id as string)).toMatchObject({
        state: 'succeeded',
        result: { attempt: 2 },
      })
      expect(await shop.stopped(spent?.id as string)).toMatchObject({
        state: 'failed',
        attempt: 1,
        result: null,
      })
      expect(await shop.stopped(nothing?.id as string)).toMatchObject({ state: 'succeeded', result: null })
    })
  })
}

const quick = { retryRule: fixedDelay(0), timeout: '50ms' } as const

/** A handler whose attempts end like this, one after the other. */
function endingBy(ends: readonly ('error' | 'timeout' | 'success')[]) {
  return async (
    _: unknown,
    { job, signal }: { readonly job: { readonly attempt: number }; readonly signal: AbortSignal },
  ) => {
    const end = ends[job.attempt - 1]
    if (end === 'success') return 'at last'
    if (end === 'timeout') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    throw new Error('it went wrong')
  }
}
