import {
  type AttemptAbortedError,
  fixedDelay,
  JobCancelledError,
  JobError,
  JobFailedError,
  type JobStoppedEvent,
  jobqueue,
  type Logger,
  NotFoundError,
  SnoozeJob,
  TerminalJobError,
} from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, work, workshopsOf } from './workshop.ts'

interface Line {
  readonly event?: string
  readonly jobId?: string
}

export function handlersConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('a handler', () => {
    inWorkshop('gets its parsed payload, and its result is waited for', async (shop) => {
      const seen: unknown[] = []
      const worker = shop.worker().register(work, (payload, { job, fence }) => {
        seen.push(payload, job.payload, fence)
        return { doubled: payload.n * 2 }
      })
      await worker.startThreads(2)
      const { id } = await shop.queue.add(work, { n: 21 })
      expect(await (await shop.queue.getRunState(id, work)).waitUntilStopped()).toEqual({ doubled: 42 })
      expect(seen).toEqual([{ n: 21 }, { n: 21 }, { jobId: id, attempt: 1 }])
    })

    inWorkshop('without a result schema has its result dropped', async (shop) => {
      const worker = shop.worker().register(other, () => ({ big: 1n }))
      await worker.startThreads(1)
      const { id } = await shop.queue.add(other, {})
      expect(await shop.stopped(id)).toMatchObject({ state: 'succeeded', result: null })
    })

    inWorkshop('runs where jobqueue is its own queue', async (shop) => {
      const worker = shop
        .worker()
        .register(work, async () => (await jobqueue.add(other, { from: 'inside' })).id)
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      const inner = (await shop.stopped(id)).result as string
      expect((await shop.queue.getJob(inner))?.payload).toEqual({ from: 'inside' })
    })

    inWorkshop('logs lines that say which attempt of which job they belong to', async (shop) => {
      const lines: unknown[] = []
      const said = (level: string) => (fields: object, message?: string) =>
        void ('event' in fields || lines.push([level, fields, message]))
      const [debug, info, warn, error] = ['debug', 'info', 'warn', 'error'].map(said) as [
        Logger['debug'],
        Logger['info'],
        Logger['warn'],
        Logger['error'],
      ]
      const worker = shop.worker({ logger: { debug, info, warn, error } }).register(work, (_, { log }) => {
        log.debug({}, 'looking')
        log.info({ page: 3 }, 'found')
        log.warn({ page: 4 })
        log.error({}, 'lost')
        return null
      })
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      await shop.stopped(id)
      const about = { jobId: id, jobType: 'work', attempt: 1 }
      expect(lines).toEqual([
        ['debug', about, 'looking'],
        ['info', { ...about, page: 3 }, 'found'],
        ['warn', { ...about, page: 4 }, undefined],
        ['error', about, 'lost'],
      ])
    })

    inWorkshop('that fails is retried by its rule, and told so each time', async (shop) => {
      const log: string[] = []
      const said = (level: string) => (fields: object, message?: string) =>
        void log.push(`${level} ${(fields as Line).event} ${(fields as Line).jobId ?? ''} ${message}`)
      const logger: Logger = {
        debug: said('debug'),
        info: said('info'),
        warn: said('warn'),
        error: said('error'),
      }
      const errors: Error[] = []
      const events: JobStoppedEvent[] = []
      await shop.queue.addListener({ onJobStopped: (event) => void events.push(event) })
      const worker = shop.worker({ logger, onError: (error) => errors.push(error) }).register(
        work,
        (_, { job }) => {
          throw new Error(`run ${job.attempt}`)
        },
        { maxRetryCount: 2, retryRule: fixedDelay(1) },
      )
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      expect(await shop.stopped(id)).toMatchObject({ state: 'failed', attempt: 3, errorMsg: 'run 3' })
      // S56
      const told = log.filter((line) => line.includes(id)).map((line) => line.split(' ', 2).join(' '))
      const each = (level: string) => ['debug job.started', `${level} job.stopped`]
      expect(told).toEqual([...each('warn'), ...each('warn'), ...each('error')])
      expect(errors.map(({ message }) => message)).toEqual(['run 1', 'run 2', 'run 3'])
      // S64
      await until('all three ends were told', () => events.length === 3)
      expect(
        events.map(({ jobId, attempt, outcome, willRetry }) => ({ jobId, attempt, outcome, willRetry })),
      ).toEqual(
        [1, 2, 3].map((attempt) => ({ jobId: id, attempt, outcome: 'failed', willRetry: attempt < 3 })),
      )
    })

    // S52
    inWorkshop('may end its job for good, come back later, or leave data behind', async (shop) => {
      const worker = shop.worker().register(
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
      const [terminal, snoozed, failed] = await shop.queue.addMany([1, 2, 3].map((n) => work.with({ n })))
      expect(await shop.stopped(terminal?.id as string)).toMatchObject({
        state: 'failed',
        errorMsg: 'never',
        errorData: { why: 'no' },
      })
      expect(await shop.stopped(snoozed?.id as string)).toMatchObject({
        state: 'succeeded',
        attempt: 2,
        currentRetryCount: 0,
      })
      expect(await shop.stopped(failed?.id as string)).toMatchObject({ state: 'failed', errorData: [1, 2] })
    })

    // S50, P13 in part
    inWorkshop(
      'may throw or return whatever it likes: it is recorded, and the process lives',
      async (shop) => {
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
        const worker = shop.worker().register(work, ({ n }) => {
          if (n < thrown.length) throw thrown[n]
          return returned[n - thrown.length]
        })
        await worker.startThreads(4)
        const added = await shop.queue.addMany(
          Array.from({ length: thrown.length + returned.length }, (_, n) => work.with({ n })),
        )
        for (const { id } of added) {
          const job = await shop.stopped(id)
          expect(job.state).toBe('failed')
          expect(job.errorMsg).not.toBe('')
          expect((job.errorMsg as string).length).toBeLessThanOrEqual(16 * 1024)
        }
      },
    )

    // S53
    inWorkshop('is not called where the stored payload no longer fits', async (shop) => {
      let calls = 0
      const worker = shop.worker().register(work, () => ++calls)
      await worker.startThreads(1)
      const [added] = await shop.queue.addMany([{ type: 'work', payload: { n: 'no number' } }])
      expect(await shop.stopped(added?.id as string)).toMatchObject({ state: 'failed' })
      expect(calls).toBe(0)
      const next = await shop.queue.add(work, { n: 1 })
      expect(await shop.stopped(next.id)).toMatchObject({ state: 'succeeded', result: 1 })
    })

    // S54 in part; the levels of the time-out are in limits.ts
    inWorkshop('that takes too long is told by its signal, and spends a time-out', async (shop) => {
      const reasons: unknown[] = []
      const worker = shop.worker().register(
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
      const { id } = await shop.queue.add(work, {}, { timeout: '50ms' })
      expect(await shop.stopped(id)).toMatchObject({
        state: 'failed',
        attempt: 2,
        currentTimeoutRetryCount: 1,
        currentRetryCount: 0,
      })
      expect(reasons.map((reason) => (reason as AttemptAbortedError).reason)).toEqual(['timeout', 'timeout'])
    })

    inWorkshop(
      'that does not listen is settled without it, keeps its thread until it ends, and may ask late',
      async (shop) => {
        const gate = Promise.withResolvers<void>()
        const reasons: unknown[] = []
        const worker = shop.worker().register(
          work,
          async ({ n }, context) => {
            if (n !== 1) return undefined
            await gate.promise
            reasons.push(context.signal.reason?.reason) // asked for only now
            return null
          },
          { timeout: '20ms' },
        )
        await worker.startThreads(1)
        const deaf = await shop.queue.add(work, { n: 1 })
        const next = await shop.queue.add(work, { n: 2 })
        expect(await shop.stopped(deaf.id)).toMatchObject({ state: 'failed' })
        expect((await shop.queue.getJob(next.id))?.state).toBe('available')
        gate.resolve()
        // What this handler returns is `undefined`, which no JSON can hold.
        expect(await shop.stopped(next.id)).toMatchObject({
          state: 'failed',
          errorMsg: expect.stringContaining('undefined_value'),
        })
        expect(reasons).toEqual(['timeout'])
      },
    )

    inWorkshop('hears of a cancel, and its job is cancelled whatever it returns', async (shop) => {
      const started = Promise.withResolvers<void>()
      const worker = shop
        .worker({ heartbeatInterval: '1h', deadFor: '3h' })
        .register(work, async (_, { signal }) => {
          started.resolve()
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return 'done all the same'
        })
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      await started.promise
      expect(await shop.queue.cancelJob(id)).toBe('requested')
      await expect((await shop.queue.getRunState(id)).waitUntilStopped()).rejects.toThrow(JobCancelledError)
    })

    inWorkshop('tells its progress, which stays to be read', async (shop) => {
      const worker = shop.worker().register(work, async (_, { setProgress }) => {
        await setProgress({ percent: 50 })
        return 1
      })
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      expect(await shop.stopped(id)).toMatchObject({ progress: { percent: 50 } })
    })

    inWorkshop('has a state that stays as it was read until it is refreshed', async (shop) => {
      const gate = Promise.withResolvers<number>()
      const worker = shop.worker().register(work, () => gate.promise)
      const { id } = await shop.queue.add(work, {})
      const state = await shop.queue.getRunState(id)
      await worker.startThreads(1)
      await shop.running(id)
      expect(state.job).toMatchObject({ state: 'available', attempt: 0 })
      expect(await state.refresh()).toBe(state)
      expect(state.job).toMatchObject({ state: 'running', attempt: 1, workerId: worker.id })
      gate.resolve(1)
      await state.waitUntilStopped()
      expect(state.job).toMatchObject({ state: 'succeeded' })
      await shop.queue.deleteJob(id)
      await expect(state.refresh()).rejects.toThrow(NotFoundError)
      await expect(shop.queue.getRunState(id)).rejects.toThrow(NotFoundError)
    })

    inWorkshop('waited for with an error, a signal or a deletion says so', async (shop) => {
      const worker = shop.worker().register(work, () => {
        throw new Error('no')
      })
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      await expect((await shop.queue.getRunState(id)).waitUntilStopped()).rejects.toThrow(JobFailedError)
      const later = await shop.queue.add(work, {}, { runAfter: '1h' })
      const state = await shop.queue.getRunState(later.id)
      await expect(state.waitUntilStopped({ signal: AbortSignal.timeout(20) })).rejects.toThrow(/timeout/i)
      const waiting = expect(state.waitUntilStopped()).rejects.toThrow(/There is no job/)
      await shop.queue.deleteJob(later.id)
      await waiting
    })
  })
}
