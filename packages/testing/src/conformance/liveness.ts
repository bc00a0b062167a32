import { workerAlive } from '@jq/core'
import type { AttemptKey, ClaimedJob, Outcome } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

const LONG = 61_000
const A_YEAR = 365 * 86_400_000

export function livenessConforms(bigBang: BigBang): void {
  describe('the heartbeat of a job', () => {
    // S67
    inUniverse(
      bigBang,
      'is there and advances while it runs, and at no other time',
      async ({ queue, age }) => {
        const id = await addOne(queue, { maxRetryCount: 9 })
        const aliveAt = async () => (await queue.getJob(id))?.workerAliveAt ?? null
        const hand = await Hand.join(queue)
        expect(await aliveAt()).toBeNull()
        let claimed = await hand.claimOne()
        await age(1_000)
        const earlier = (await aliveAt()) as Date
        await hand.beat()
        expect((await aliveAt())?.getTime()).toBeGreaterThan(earlier.getTime())

        for (const end of [outcome.failed, outcome.released]) {
          await hand.settle(end(claimed))
          expect(await aliveAt()).toBeNull()
          claimed = await hand.claimOne()
          expect(await aliveAt()).not.toBeNull()
        }
        await hand.settle(retriedIn(A_YEAR, claimed))
        expect(await queue.getJob(id)).toMatchObject({ state: 'retrying', workerAliveAt: null })
        await queue.setJobStart(id, new Date(0))
        expect(await aliveAt()).toBeNull()
        await hand.look()
        expect(await queue.getJob(id)).toMatchObject({ state: 'available', workerAliveAt: null })

        await hand.claimOne()
        await age(LONG)
        const heir = await Hand.join(queue)
        await heir.look()
        expect(await queue.getJob(id)).toMatchObject({
          state: 'available',
          crashCount: 1,
          workerAliveAt: null,
        })
        await heir.settle(outcome.terminal(await heir.claimOne()))
        expect(await queue.getJob(id)).toMatchObject({ state: 'failed', workerAliveAt: null })
        await queue.resetJob(id)
        expect(await queue.getJob(id)).toMatchObject({ state: 'available', workerAliveAt: null })
        await heir.settle(outcome.succeeded(await heir.claimOne()))
        expect(await queue.getJob(id)).toMatchObject({ state: 'succeeded', workerAliveAt: null })
      },
    )

    // S68
    inUniverse(
      bigBang,
      'changes nothing where it comes too late, or for what was never begun',
      async (universe) => {
        const { queue, age } = universe
        const hand = await Hand.join(queue)
        const [ended, lost] = [await taken(queue, hand), await taken(queue, hand)]
        await hand.settle(outcome.succeeded(ended))
        const never = await addOne(queue, { runAfter: '1h' })
        await age(LONG)
        const heir = await Hand.join(queue)
        await heir.look()
        await heir.claimOne()
        const read = () => Promise.all([ended.job.id, lost.job.id, never].map((id) => queue.getJob(id)))
        const before = await read()
        expect(before.map((job) => job?.state)).toEqual(['succeeded', 'running', 'scheduled'])
        await hand.beat()
        expect(await hand.check(ended, lost)).toMatchObject([{ news: 'lost' }, { news: 'lost' }])
        expect(await read()).toEqual(before)
      },
    )

    // S69
    inUniverse(
      bigBang,
      'is missing where its process does not beat, and no reaper takes it',
      async ({ queue, age }) => {
        const claimed = await taken(queue, await Hand.join(queue, { heartbeatIntervalMs: 0, timeoutMs: 0 }))
        const reaper = await Hand.join(queue)
        await age(A_YEAR)
        await reaper.beat()
        await reaper.look()
        const job = await queue.getJob(claimed.job.id)
        expect(job).toMatchObject({ state: 'running', attempt: 1, crashCount: 0, workerAliveAt: null })
        expect(job && workerAlive(job, A_YEAR)).toBe(false)
      },
    )
  })

  describe('the reaper', () => {
    // S71
    inUniverse(bigBang, 'frees what the dead held, and nothing else', async ({ queue, age }) => {
      const [living, dying] = [await Hand.join(queue), await Hand.join(queue)]
      const silent = await Hand.join(queue, { heartbeatIntervalMs: 0, timeoutMs: 0 })
      const crashed = await taken(queue, dying)
      const spent = await taken(queue, dying, { maxRetryCount: 1 })
      await dying.settle(outcome.failed(spent))
      await dying.claimOne()
      const others = {
        live: await taken(queue, living),
        retrying: await taken(queue, dying, { maxRetryCount: 1 }),
        failed: await taken(queue, dying),
        cancelled: await taken(queue, dying),
        succeeded: await taken(queue, dying),
        unbeaten: await taken(queue, silent),
      }
      await dying.settle(
        retriedIn(A_YEAR, others.retrying),
        outcome.failed(others.failed),
        outcome.cancelled(others.cancelled),
        outcome.succeeded(others.succeeded),
      )
      await age(LONG)
      await living.beat()
      const readOthers = () => Promise.all(Object.values(others).map(({ job }) => queue.getJob(job.id)))
      const before = await readOthers()
      await living.look()
      expect(await readOthers()).toEqual(before)
      expect(before.map((job) => job?.state)).toEqual([
        'running',
        'retrying',
        'failed',
        'cancelled',
        'succeeded',
        'running',
      ])
      const freed = { state: 'available', crashCount: 1 }
      expect(await queue.getJob(crashed.job.id)).toMatchObject({ ...freed, attempt: 1, currentRetryCount: 0 })
      expect(await queue.getJob(spent.job.id)).toMatchObject({ ...freed, attempt: 2, currentRetryCount: 1 })
    })

    // S75
    inUniverse(bigBang, 'is not alone: of five at once one frees each job', async ({ queue, age }) => {
      const [dying, living] = [await Hand.join(queue), await Hand.join(queue)]
      await queue.addMany(Array.from({ length: 1_050 }, (_, payload) => ({ type: 'work', payload })))
      await dying.claim(1_000)
      const held = await living.claim(50)
      await age(LONG)
      await living.beat()
      const reapers = await Promise.all(Array.from({ length: 5 }, () => Hand.join(queue)))
      while ((await queue.getStats()).running > 50) await Promise.all(reapers.map((reaper) => reaper.look()))
      expect(await queue.getStats()).toMatchObject({ available: 1_000, running: 50 })
      const { jobs } = await queue.getJobs({ state: 'available', limit: 1_000 })
      expect(new Set(jobs.map(({ crashCount, attempt }) => `${crashCount} ${attempt}`))).toEqual(
        new Set(['1 1']),
      )
      expect((await living.settle(...held.map((one) => outcome.succeeded(one)))).lost).toEqual([])
    })
  })
}

/** Adds a job, and this hand claims it. */
async function taken(queue: Universe['queue'], hand: Hand, options: object = {}): Promise<ClaimedJob> {
  const id = await addOne(queue, options)
  const claimed = await hand.claimOne()
  expect(claimed.job.id).toBe(id)
  return claimed
}

function retriedIn(waitMs: number, claimed: AttemptKey): Outcome {
  const { seq, attempt } = claimed
  return { seq, attempt, kind: 'failed', error: { message: 'it went wrong', data: null }, retry: { waitMs } }
}
