import { InvalidInputError, type Job, type WorkerService } from '@jq/core'
import type { ClaimedJob, StepAnswer, StepRequest } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, work, workshopsOf } from './workshop.ts'

export function prefetchConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('claimed ahead', () => {
    // S48
    inWorkshop('are never more than prefetch, beside what threads run; without it none', async (shop) => {
      for (const prefetch of [0, 4]) {
        const gate = Promise.withResolvers<void>()
        let begun = 0
        const worker = shop.worker({ prefetch, pollInterval: '50ms' }).register(work, async () => {
          begun++
          await gate.promise
          return null
        })
        await shop.queue.addMany(Array.from({ length: 20 }, (_, n) => work.with({ n })))
        const looked = looks(shop.queue)
        await worker.startThreads(2)
        await until('two run', () => begun === 2)
        await until('all was claimed that is', async () => (await running(shop.queue)) === 2 + prefetch)
        await looked(3)
        expect(await running(shop.queue)).toBe(2 + prefetch)
        expect(begun).toBe(2)
        gate.resolve()
        await until('the backlog is done', async () => (await shop.queue.getStats()).available === 0)
        await worker.finishThreads()
        expect(await running(shop.queue)).toBe(0)
      }
    })

    inWorkshop('run to the last one, each once, within the concurrency of their handlers', async (shop) => {
      const runs = new Map<string, number>()
      const now = { work: 0, other: 0 }
      const peak = { both: 0, other: 0 }
      const counted = (type: 'work' | 'other') => async (_: unknown, context: { job: { id: string } }) => {
        runs.set(context.job.id, (runs.get(context.job.id) ?? 0) + 1)
        now[type]++
        peak.both = Math.max(peak.both, now.work + now.other)
        peak.other = Math.max(peak.other, now.other)
        if (type === 'other' || runs.size % 7 === 0) await new Promise(setImmediate)
        await null
        now[type]--
        return null
      }
      const worker = shop
        .worker({ prefetch: 50 })
        .register(work, counted('work'))
        .register(other, counted('other'), { concurrency: 2 })
      const added = await shop.queue.addMany(
        Array.from({ length: 600 }, (_, n) => (n % 3 ? work.with({}) : other.with({}))),
      )
      await worker.startThreads(5)
      await until('all have stopped', async () => (await shop.queue.getStats()).succeeded === 600)
      expect(runs.size).toBe(added.length)
      expect(Math.max(...runs.values())).toBe(1)
      expect(peak.other).toBeLessThanOrEqual(2)
      expect(peak.both).toBeLessThanOrEqual(5)
    })

    // S82
    inWorkshop('and not begun are given back at once when it finishes, at no cost', async (shop) => {
      const gate = Promise.withResolvers<void>()
      let begun = 0
      const worker = shop.worker({ prefetch: 10 }).register(work, async () => {
        begun++
        await gate.promise
        return null
      })
      await shop.queue.addMany(Array.from({ length: 11 }, (_, n) => work.with({ n })))
      await worker.startThreads(1)
      await until('all are claimed', async () => (await running(shop.queue)) === 11)
      const finishing = worker.finishThreads()
      await until('ten are back', async () => (await shop.queue.getStats()).available === 10)
      expect(await running(shop.queue)).toBe(1)
      gate.resolve()
      expect(await finishing).toEqual({ finished: 1, released: 10 })
      expect(begun).toBe(1)
      const { jobs } = await shop.queue.getJobs({ state: 'available' })
      for (const job of jobs)
        expect(job).toMatchObject({ attempt: 1, currentRetryCount: 0, crashCount: 0, startedAt: null })
    })

    inWorkshop('and cancelled or deleted meanwhile never run', async (shop) => {
      const gate = Promise.withResolvers<void>()
      const ran: number[] = []
      const worker = shop.worker({ prefetch: 5 }).register(work, async ({ n }) => {
        ran.push(n)
        if (n === 0) await gate.promise
        return null
      })
      const added = await shop.queue.addMany(Array.from({ length: 4 }, (_, n) => work.with({ n })))
      const [, second, third] = added.map(({ id }) => id)
      await worker.startThreads(1)
      await until('all are claimed', async () => (await running(shop.queue)) === 4)
      // In this order: the check that finds the one cancelled finds the other one gone.
      expect(await shop.queue.deleteJob(third as string)).toBe(true)
      expect(await shop.queue.cancelJob(second as string)).toBe('requested')
      expect(await shop.stopped(second as string)).toMatchObject({ state: 'cancelled', attempt: 1 })
      gate.resolve()
      await until('the rest ran', async () => (await shop.queue.getStats()).succeeded === 2)
      expect(ran).toEqual([0, 3])
    })

    inWorkshop('begin when their thread is free: from then on their time runs', async (shop) => {
      const gate = Promise.withResolvers<void>()
      const started: (Date | null)[] = []
      const worker = shop.worker({ prefetch: 5 }).register(
        work,
        async ({ n }, { job, signal }) => {
          started.push(job.startedAt)
          if (n === 0) await gate.promise
          else await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return null
        },
        { timeout: '300ms' },
      )
      const [first, second] = (
        await shop.queue.addMany([work.with({ n: 0 }, { timeout: '1h' }), work.with({ n: 1 })])
      ).map(({ id }) => id)
      await worker.startThreads(1)
      await until('both are claimed', async () => (await running(shop.queue)) === 2)
      expect((await shop.queue.getJob(second as string))?.startedAt).toBeNull()
      const waited = performance.now()
      await until('it waits for longer than its time', () => performance.now() - waited > 400)
      expect(await shop.queue.getJob(second as string)).toMatchObject({ state: 'running', startedAt: null })
      gate.resolve()
      await shop.stopped(first as string)
      const timedOut = await shop.stopped(second as string)
      expect(timedOut).toMatchObject({ state: 'failed', attempt: 1 })
      const claimedAt = started[0] as Date
      expect((timedOut.startedAt as Date).getTime() - claimedAt.getTime()).toBeGreaterThanOrEqual(390)
      expect((started[1] as Date).getTime() - claimedAt.getTime()).toBeGreaterThanOrEqual(390)
    })

    // P12
    inUniverse(
      bigBang,
      'are blamed for nothing when their process dies, until they may have begun',
      async (universe) => {
        const { queue, age } = universe
        const ids = [await addOne(queue), await addOne(queue), await addOne(queue), await addOne(queue)]
        const hand = await Hand.join(queue)
        const claimed = await hand.claimAhead(4, 1)
        expect(claimed.map(({ ahead }) => ahead)).toEqual([1, 2, 3, 4])
        await hand.mayBegin(3)
        await hand.mayBegin(2) // the third has waited for too long
        expect((await hand.begin({ ...key(claimed[0]), agoMs: 0 })).lost).toEqual([])
        const startedAt = await Promise.all(ids.map(async (id) => (await queue.getJob(id))?.startedAt))
        expect(startedAt.map((at) => at !== null)).toEqual([true, false, false, false])
        await age(61_000)
        await (await Hand.join(queue)).look()
        const jobs = await Promise.all(ids.map((id) => queue.getJob(id)))
        expect(jobs.map((job) => job?.state)).toEqual(['available', 'available', 'available', 'available'])
        expect(jobs.map((job) => job?.crashCount)).toEqual([1, 1, 0, 0])
        expect((await hand.mayBegin(4)).alive).toBe(false)
        expect((await hand.begin({ ...key(claimed[3]), agoMs: 0 })).lost).toHaveLength(1)
        expect((await hand.settle(outcome.succeeded(claimed[3] as never))).lost).toHaveLength(1)
      },
    )

    inUniverse(
      bigBang,
      'began when their ends tell, where nobody told before, and no earlier than their claim',
      async ({ queue, age }) => {
        await queue.addMany(Array.from({ length: 5 }, () => ({ type: 'work', payload: {} })))
        const hand = await Hand.join(queue)
        const claimed = await hand.claimAhead(4, 4)
        const [succeeded, failed, early, told] = claimed as FourClaimed
        const inTurn = await hand.claimOne()
        await hand.begin({ ...key(told), agoMs: 0 })
        await age(10_000)
        await hand.settle(
          { ...outcome.succeeded(succeeded), ranMs: 4_000 },
          { ...outcome.failed(failed), ranMs: 3_000 },
          { ...outcome.succeeded(early), ranMs: 60_000 },
          { ...outcome.succeeded(told), ranMs: 4_000 },
          { ...outcome.succeeded(inTurn), ranMs: 4_000 },
        )
        const ranMs = async ({ job: { id } }: ClaimedJob) => {
          const { startedAt, stoppedAt } = (await queue.getJob(id)) as Job
          return (stoppedAt as Date).getTime() - (startedAt as Date).getTime()
        }
        expect(await ranMs(succeeded)).toBe(4_000)
        expect(await ranMs(failed)).toBe(3_000)
        for (const one of [early, told, inTurn]) {
          expect(await ranMs(one)).toBeGreaterThanOrEqual(10_000)
          expect(await ranMs(one)).toBeLessThan(60_000)
        }
      },
    )

    inUniverse(
      bigBang,
      'have no time to keep before they begin, and from then on theirs, also where their process cannot end them',
      async ({ queue, age }) => {
        await queue.addMany(Array.from({ length: 2 }, () => ({ type: 'work', payload: {} })))
        const hand = await Hand.join(queue)
        const [begun, waiting] = (await hand.claimAhead(2, 2)) as FourClaimed
        await age(120_000)
        await hand.beat()
        await hand.begin({ ...key(begun), agoMs: 0 })
        const other = await Hand.join(queue)
        await other.look()
        expect((await queue.getJob(begun.job.id))?.state).toBe('running')
        await age(125_000)
        await hand.beat()
        await other.look()
        const overdue = { state: 'failed', errorMsg: 'The attempt took longer than its timeout' }
        expect(await queue.getJob(begun.job.id)).toMatchObject(overdue)
        expect(await queue.getJob(waiting.job.id)).toMatchObject({ state: 'running', startedAt: null })
      },
    )

    inWorkshop('tell when they began: while they go on, or with their end', async (shop) => {
      const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      const worker = shop.worker({ prefetch: 5, pollInterval: '1h' }).register(work, async ({ n }) => {
        await gates[n]?.promise
        return null
      })
      const added = await shop.queue.addMany([0, 1, 2].map((n) => work.with({ n })))
      const [, second, third] = added.map(({ id }) => id) as [string, string, string]
      await worker.startThreads(1)
      await until('all are claimed', async () => (await running(shop.queue)) === 3)
      expect((await shop.queue.getJob(second))?.startedAt).toBeNull()
      gates[0]?.resolve()
      const begun = await until('its beginning is known', async () => {
        const job = await shop.queue.getJob(second)
        return job?.startedAt != null && job
      })
      expect(begun.state).toBe('running')
      gates[1]?.resolve()
      const { startedAt } = await shop.stopped(third)
      expect(startedAt?.getTime()).toBeGreaterThan(begun.startedAt?.getTime() as number)
    })

    inWorkshop('never begin before the database has answered that they may', async (shop) => {
      const places = new Map<string, number>()
      let told = 0
      let telling = Number.POSITIVE_INFINITY
      onSteps(shop.queue, async (request, step) => {
        telling = request.begunThrough ?? Number.POSITIVE_INFINITY
        const answer = await step(request)
        for (const { job, ahead } of answer.claimed) places.set(job.id, ahead ?? 0)
        if (answer.alive) told = request.begunThrough ?? told
        telling = Number.POSITIVE_INFINITY
        return answer
      })
      const tooEarly: number[] = []
      const worker = shop.worker({ prefetch: 20 }).register(work, async (_, { job }) => {
        const place = places.get(job.id) as number
        if (place > Math.min(told, telling)) tooEarly.push(place)
        return null
      })
      await shop.queue.addMany(Array.from({ length: 100 }, (_, n) => work.with({ n })))
      await worker.startThreads(2)
      await until('all have stopped', async () => (await shop.queue.getStats()).succeeded === 100)
      expect(Math.max(...places.values())).toBe(100)
      expect(tooEarly).toEqual([])
    })

    inWorkshop('have places of their own, also after a claim whose answer was lost', async (shop) => {
      const claims: { aheadOf: number | undefined; room: number }[] = []
      onSteps(shop.queue, async (request, step) => {
        const { claim } = request
        if (claim !== null) claims.push({ aheadOf: claim.aheadOf, room: claim.room })
        const answer = await step(request)
        if (claim !== null && claims.length === 1) throw new Error('the connection is gone')
        return answer
      })
      await shop.queue.addMany(Array.from({ length: 4 }, (_, n) => work.with({ n })))
      const worker = shop.worker({ prefetch: 10, onError: () => undefined }).register(work, async () => null)
      await worker.startThreads(1)
      await until('all have stopped', async () => (await shop.queue.getStats()).succeeded === 4)
      const [lost, next] = claims
      expect(lost).toEqual({ aheadOf: 0, room: 11 })
      expect(next?.aheadOf).toBeGreaterThanOrEqual(11)
    })

    inWorkshop('is nothing beside a job that crashed before', async (shop) => {
      const crashed = await addOne(shop.queue, { payload: {} })
      await (await Hand.join(shop.queue)).claimOne()
      await shop.universe.age(61_000)
      await (await Hand.join(shop.queue)).look()
      await shop.queue.addMany(Array.from({ length: 5 }, (_, n) => work.with({ n })))
      const beside: number[] = []
      const worker = shop.worker({ prefetch: 5 }).register(work, async (_, { job }) => {
        if (job.id !== crashed) return null
        let most = 0
        for (let turn = 0; turn < 20; turn++) {
          await new Promise(setImmediate) // others could be claimed now
          most = Math.max(most, await running(shop.queue))
        }
        beside.push(most)
        return null
      })
      await worker.startThreads(2)
      await until('all have stopped', async () => (await shop.queue.getStats()).succeeded === 6)
      expect(beside).toEqual([1])
    })

    inWorkshop('refuses what cannot be', async (shop) => {
      for (const prefetch of [-1, 1.5, 10_001, Number.NaN])
        expect(() => shop.worker({ prefetch })).toThrow(InvalidInputError)
      shop.worker({ prefetch: 10_000 })
    })
  })
}

type FourClaimed = readonly [ClaimedJob, ClaimedJob, ClaimedJob, ClaimedJob]

/** Has each step of workers go through this. */
function onSteps(
  { work: service }: WorkerService,
  act: (request: StepRequest, step: (request: StepRequest) => Promise<StepAnswer>) => Promise<StepAnswer>,
): void {
  const step = service.step.bind(service)
  service.step = (request) => act(request, step)
}

function key(claimed: { seq: string; attempt: number } | undefined) {
  if (claimed === undefined) throw new Error('Nothing was claimed')
  return { seq: claimed.seq, attempt: claimed.attempt, timeoutMs: 60_000 }
}

async function running(queue: WorkerService): Promise<number> {
  return (await queue.getStats()).running
}

/** Resolves when workers have looked for work so often again. */
function looks({ work: service }: WorkerService): (count: number) => Promise<void> {
  const look = service.look.bind(service)
  let all = 0
  service.look = (request) => {
    all++
    return look(request)
  }
  return async (count) => {
    const before = all
    await until('workers have looked', () => all >= before + count)
  }
}
