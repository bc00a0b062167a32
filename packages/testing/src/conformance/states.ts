import { defineJob, InvalidInputError, JobRunningError } from '@jq/core'
import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import { schemaOf } from './schema-of.ts'
import type { BigBang } from './universe.ts'

export function statesConform(bigBang: BigBang): void {
  describe('a job', () => {
    // S06
    inUniverse(bigBang, 'waits with the defaults when it is added without options', async ({ queue }) => {
      const job = await queue.getJob(await addOne(queue))
      expect(job).toMatchObject({
        state: 'available',
        priority: 0,
        origin: 'unknown',
        attempt: 0,
        maxRetryCount: null,
        startAt: null,
        startedAt: null,
        workerAliveAt: null,
        workerId: null,
        stoppedAt: null,
        payload: {},
      })
      expect(job?.updatedAt).toEqual(job?.createdAt)
      const limited = defineJob('limited', { payload: schemaOf((input: object) => input), maxRetryCount: 3 })
      expect(await queue.getJob((await queue.add(limited, {})).id)).toMatchObject({ maxRetryCount: 3 })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.failed(await hand.claimOne())) // no limit anywhere is a limit of 0
      expect((await queue.getJob(job?.id as string))?.state).toBe('failed')
    })

    // S04
    inUniverse(bigBang, 'stores its input, and not what the schema makes of it', async ({ queue }) => {
      const definition = defineJob('work', {
        payload: schemaOf((input: { at: string; n?: number }) => ({
          n: 7,
          ...input,
          at: new Date(input.at),
        })),
      })
      const { id, status } = await queue.add(definition, { at: '2026-01-01T00:00:00Z' })
      expect(status).toBe('added')
      expect((await queue.getJob(id))?.payload).toEqual({ at: '2026-01-01T00:00:00Z' })
    })

    // S35
    inUniverse(bigBang, 'keeps hostile text as it is', async ({ queue }) => {
      const text = `'; drop table job; -- "\\ \u{1f4a3} $1 {} \\u0041`
      const [added] = await queue.addMany([
        { type: 'work', payload: { [text]: text }, origin: text, uniqueKey: text },
      ])
      expect(await queue.getJob(added?.id as string)).toMatchObject({
        payload: { [text]: text },
        origin: text,
        uniqueKey: text,
      })
      const hand = await Hand.join(queue)
      const { seq, attempt } = await hand.claimOne()
      await hand.settle({ seq, attempt, kind: 'terminal', error: { message: text, data: null } })
      expect(await queue.getJob(added?.id as string)).toMatchObject({ state: 'failed', errorMsg: text })
      expect(await queue.getStatus()).toEqual({ numJobs: 1, numJobBundles: 0 })
    })

    // S09, S10
    inUniverse(bigBang, 'is claimed by priority, then first in, first out', async ({ queue }) => {
      const low = await addOne(queue, { priority: -5 })
      const [first, second] = await queue.addMany([
        { type: 'work', payload: 1 },
        { type: 'work', payload: 2 },
      ])
      const high = await addOne(queue, { priority: 100 })
      const hand = await Hand.join(queue)
      const claimed = [...(await hand.claim()), ...(await hand.claim(3))]
      expect(claimed.map(({ job }) => job.id)).toEqual([high, first?.id, second?.id, low])
    })

    inUniverse(bigBang, 'is one job however often its id is added', async ({ queue }) => {
      const id = await addOne(queue)
      const again = await queue.addMany([
        { type: 'work', payload: 2, id },
        { type: 'work', payload: 3 },
        { type: 'work', payload: 4, id },
      ])
      expect(again.map(({ status }) => status)).toEqual(['duplicate', 'added', 'duplicate'])
      expect((await queue.getJob(id))?.payload).toEqual({})
    })

    // S97 in small; with processes it is a lab test
    inUniverse(bigBang, 'holds its unique key until it stops', async ({ queue }) => {
      const results = await Promise.all(
        Array.from({ length: 100 }, () => queue.addMany([{ type: 'work', payload: {}, uniqueKey: 'k' }])),
      )
      const holders = new Set(results.map(([result]) => result?.id))
      expect(holders.size).toBe(1)
      expect(results.filter(([result]) => result?.status === 'added')).toHaveLength(1)
      const hand = await Hand.join(queue)
      await hand.settle(outcome.failed(await hand.claimOne()))
      expect((await queue.addMany([{ type: 'work', payload: {}, uniqueKey: 'k' }]))[0]?.status).toBe('added')
    })

    inUniverse(bigBang, 'starts at its time and not before', async ({ queue, age }) => {
      const id = await addOne(queue, { runAfter: '10m' })
      expect((await queue.getJob(id))?.state).toBe('scheduled')
      const hand = await Hand.join(queue)
      await hand.look()
      expect(await hand.claim()).toEqual([])
      await age(601_000)
      await hand.look()
      expect((await hand.claimOne()).job.id).toBe(id)
    })

    // S58
    inUniverse(bigBang, 'runs once more than it may be retried, and then has failed', async ({ queue }) => {
      const id = await addOne(queue, { maxRetryCount: 3 })
      const hand = await Hand.join(queue)
      for (let run = 1; run <= 4; run++) {
        const claimed = await hand.claimOne()
        expect(claimed.attempt).toBe(run)
        expect(claimed.retriesError).toBe(run < 4)
        await hand.settle(outcome.failed(claimed))
      }
      expect(await queue.getJob(id)).toMatchObject({
        state: 'failed',
        currentRetryCount: 3,
        attempt: 4,
        errorMsg: 'it went wrong',
      })
      expect(await hand.claim()).toEqual([])
    })

    inUniverse(
      bigBang,
      'with maxRetryCount 3 runs four times, and releases take none away',
      async ({ queue }) => {
        const id = await addOne(queue, { maxRetryCount: 3 })
        const hand = await Hand.join(queue)
        for (let run = 1; run <= 4; run++) {
          await hand.settle(outcome.released(await hand.claimOne()))
          await hand.settle(outcome.snoozed(await hand.claimOne()))
          await hand.settle(outcome.failed(await hand.claimOne()))
        }
        expect(await queue.getJob(id)).toMatchObject({ state: 'failed', currentRetryCount: 3, attempt: 12 })
      },
    )

    // S59
    inUniverse(
      bigBang,
      'forgets its error when it succeeds, and its attempts remember it',
      async ({ queue }) => {
        const id = await addOne(queue, { maxRetryCount: 2 })
        const hand = await Hand.join(queue)
        await hand.settle(outcome.failed(await hand.claimOne()))
        expect((await queue.getJob(id))?.errorMsg).toBeNull()
        expect((await queue.getAllJobsWithErrors()).jobs).toEqual([])
        await hand.settle(outcome.failed(await hand.claimOne()))
        await hand.settle(outcome.succeeded(await hand.claimOne(), '{"done":true}'))
        expect(await queue.getJob(id)).toMatchObject({
          state: 'succeeded',
          errorMsg: null,
          errorData: null,
          result: { done: true },
          workerAliveAt: null,
        })
        expect((await queue.getAllJobsWithErrors()).jobs).toEqual([])
        expect(
          (await queue.getAttempts(id)).map(({ attempt, outcome, errorMsg }) => ({
            attempt,
            outcome,
            errorMsg,
          })),
        ).toEqual([
          { attempt: 1, outcome: 'failed', errorMsg: 'it went wrong' },
          { attempt: 2, outcome: 'failed', errorMsg: 'it went wrong' },
        ])
      },
    )

    // S65 in part; the levels of the limits are in limits.ts
    inUniverse(
      bigBang,
      "counts errors and time-outs apart, and its own limits win over the handler's",
      async ({ queue }) => {
        const id = await addOne(queue, { maxRetryCount: 2 })
        const hand = await Hand.join(queue, { maxRetryCount: 9, maxTimeoutRetryCount: 1 })
        for (const end of ['timedOut', 'failed', 'failed', 'timedOut'] as const)
          await hand.settle(outcome[end](await hand.claimOne()))
        expect(await queue.getJob(id)).toMatchObject({
          state: 'failed',
          currentRetryCount: 2,
          currentTimeoutRetryCount: 1,
          attempt: 4,
        })
      },
    )

    inUniverse(bigBang, 'is retried without end where its limit is -1', async ({ queue }) => {
      const id = await addOne(queue, { maxRetryCount: -1 })
      const hand = await Hand.join(queue)
      for (let run = 1; run <= 30; run++) await hand.settle(outcome.failed(await hand.claimOne()))
      expect(await queue.getJob(id)).toMatchObject({ state: 'available', currentRetryCount: 30 })
    })

    inUniverse(bigBang, 'waits for its retry, and is claimed when that is due', async ({ queue, age }) => {
      const id = await addOne(queue, { maxRetryCount: 1 })
      const hand = await Hand.join(queue)
      const claimed = await hand.claimOne()
      const { nextDueMs } = await hand.settle({
        ...outcome.failed(claimed),
        retry: { waitMs: 60_000 },
      } as ReturnType<typeof outcome.failed>)
      expect(nextDueMs).toBeGreaterThan(59_000)
      expect((await queue.getJob(id))?.state).toBe('retrying')
      await age(60_000)
      await hand.look()
      expect((await hand.claimOne()).attempt).toBe(2)
    })

    inUniverse(bigBang, 'fails at once where trying again cannot help', async ({ queue }) => {
      const id = await addOne(queue, { maxRetryCount: 5 })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.terminal(await hand.claimOne()))
      expect(await queue.getJob(id)).toMatchObject({ state: 'failed', currentRetryCount: 0 })
    })

    inUniverse(
      bigBang,
      "is cancelled at once while it waits, and by its attempt's end while it runs",
      async ({ queue }) => {
        const waiting = await addOne(queue, { runAfter: '1h' })
        expect(await queue.cancelJob(waiting)).toBe('cancelled')
        expect(await queue.cancelJob(waiting)).toBe('alreadyStopped')
        const running = await addOne(queue, { maxRetryCount: 5 })
        const hand = await Hand.join(queue)
        const claimed = await hand.claimOne()
        expect(await queue.cancelJob(running)).toBe('requested')
        expect(await hand.check(claimed)).toMatchObject([{ news: 'cancelled' }])
        await hand.settle(outcome.failed(claimed))
        expect(await queue.getJob(running)).toMatchObject({ state: 'cancelled', currentRetryCount: 0 })
        expect(await queue.cancelJob('00000000-0000-7000-8000-000000000000')).toBe('notFound')
      },
    )

    inUniverse(bigBang, 'that succeeds before it hears of its cancel has succeeded', async ({ queue }) => {
      const id = await addOne(queue)
      const hand = await Hand.join(queue)
      const claimed = await hand.claimOne()
      await queue.cancelJob(id)
      await hand.settle(outcome.succeeded(claimed))
      expect((await queue.getJob(id))?.state).toBe('succeeded')
    })

    inUniverse(bigBang, 'begins anew when it is reset, and is never given two owners', async ({ queue }) => {
      const id = await addOne(queue, { maxRetryCount: 1 })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.failed(await hand.claimOne()))
      const claimed = await hand.claimOne()
      await expect(queue.resetJob(id)).rejects.toThrow(JobRunningError)
      expect(await queue.resetJob(id, { ifRunning: 'cancel' })).toBe(true)
      expect(await hand.claim()).toEqual([])
      await hand.settle(outcome.cancelled(claimed))
      expect(await queue.getJob(id)).toMatchObject({ state: 'available', currentRetryCount: 0, attempt: 2 })
      await hand.settle(outcome.succeeded(await hand.claimOne(), '1'))
      expect(await queue.resetJob(id)).toBe(true)
      expect(await queue.getJob(id)).toMatchObject({ state: 'available', result: null, attempt: 3 })
    })

    inUniverse(
      bigBang,
      'that has crashed too often is dead, and a job that merely waited is not blamed',
      async ({ queue, age }) => {
        const id = await addOne(queue)
        const hand = await Hand.join(queue, { maxCrashCount: 3 })
        for (let crash = 1; crash <= 3; crash++) {
          const dying = await Hand.join(queue, { maxCrashCount: 3 })
          expect((await dying.claimOne()).attempt).toBe(crash)
          await age(61_000)
          await hand.beat()
          await hand.look()
        }
        expect(await queue.getJob(id)).toMatchObject({ state: 'dead', crashCount: 3, currentRetryCount: 0 })
        expect((await queue.getJob(id))?.errorMsg).toMatch(/died/)
      },
    )

    // S71 in part; all kinds of jobs are in liveness.ts
    inUniverse(bigBang, 'is freed by the reaper only if its process is silent', async ({ queue, age }) => {
      const [live, crashed, waiting] = [
        await addOne(queue),
        await addOne(queue),
        await addOne(queue, { maxRetryCount: 1 }),
      ]
      const living = await Hand.join(queue)
      const dying = await Hand.join(queue)
      const own = await living.claimOne()
      await dying.claim()
      await dying.settle({
        ...outcome.failed(await dying.claimOne()),
        retry: { waitMs: 3_600_000 },
      } as ReturnType<typeof outcome.failed>)
      await age(61_000)
      await living.beat()
      await living.look()
      expect(own.job.id).toBe(live)
      expect(await queue.getJob(live)).toMatchObject({ state: 'running' })
      expect(await queue.getJob(crashed)).toMatchObject({
        state: 'available',
        crashCount: 1,
        currentRetryCount: 0,
        attempt: 1,
        workerAliveAt: null,
      })
      expect(await queue.getJob(waiting)).toMatchObject({ state: 'retrying', crashCount: 0 })
    })

    inUniverse(bigBang, 'of another type than asked for is refused by name', async ({ queue }) => {
      const id = await addOne(queue)
      const other = defineJob('other', { payload: schemaOf((input: object) => input) })
      await expect(queue.getJob(id, other)).rejects.toThrow(InvalidInputError)
    })

    inUniverse(bigBang, 'is listed newest first, page by page, by state and origin', async ({ queue }) => {
      const added = await queue.addMany(
        Array.from({ length: 7 }, (_, n) => ({ type: 'work', payload: n, origin: n % 2 ? 'odd' : 'even' })),
      )
      const first = await queue.getJobs({ limit: 4 })
      const second = await queue.getJobs({ limit: 4, after: first.next as string })
      expect([...first.jobs, ...second.jobs].map(({ id }) => id)).toEqual(added.map(({ id }) => id).reverse())
      expect(second.next).toBeNull()
      expect((await queue.getJobs({ origin: 'odd' })).jobs).toHaveLength(3)
      const hand = await Hand.join(queue)
      await hand.claim(2)
      expect((await queue.getJobs({ state: 'running' })).jobs).toHaveLength(2)
      expect((await queue.getJobs({ state: ['available', 'failed'] })).jobs).toHaveLength(5)
      expect(await queue.getStats()).toMatchObject({ available: 5, running: 2, succeeded: 0 })
    })
  })
}
