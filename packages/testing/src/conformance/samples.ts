import { newId } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { AN_HOUR, hourly, tick } from './hourly.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'

const EVERY = 15_000

/** What is measured of the queue. */
export function samplesConform(bigBang: BigBang): void {
  describe('a sample', () => {
    inUniverse(
      bigBang,
      'is taken by one process at a time, by another once that one is silent',
      async ({ queue: { work }, age }) => {
        const [one, other] = [newId(), newId()]
        expect(await work.sample(one, EVERY)).not.toBeNull()
        expect(await work.sample(other, EVERY)).toBeNull()
        await age(80_000)
        expect(await work.sample(other, EVERY)).toBeNull()
        expect(await work.sample(one, EVERY)).not.toBeNull()
        await age(91_000)
        expect(await work.sample(other, EVERY)).not.toBeNull()
        expect(await work.sample(one, EVERY)).toBeNull()
      },
    )

    inUniverse(
      bigBang,
      'counts jobs by type and state, and tells how old what waits is',
      async ({ queue, age }) => {
        const hand = await Hand.join(queue, { maxRetryCount: 1 })
        await addOne(queue)
        await hand.settle(outcome.terminal(await hand.claimOne()))
        await addOne(queue)
        await hand.settle({ ...outcome.failed(await hand.claimOne()), retry: { waitMs: 3_600_000 } } as never)
        await addOne(queue)
        await hand.settle(outcome.succeeded(await hand.claimOne()))
        await addOne(queue)
        await hand.claimOne()
        await addOne(queue, { runAfter: '1h' }, 'other')
        await addOne(queue, {}, 'other')
        await age(10_000)
        await addOne(queue, {}, 'other')
        const sample = await queue.work.sample(newId(), EVERY)
        const counts = sample?.jobs.map(({ type, state, jobs }) => `${type} ${state} ${jobs}`)
        expect(counts?.sort()).toEqual([
          'other available 2',
          'other scheduled 1',
          'work failed 1',
          'work retrying 1',
          'work running 1',
        ])
        expect(sample?.capped).toEqual([])
        const waited = new Map(sample?.oldestWaiting.map(({ type, ageMs }) => [type, ageMs]))
        expect(waited.get('other')).toBeGreaterThanOrEqual(10_000)
        expect(waited.get('work')).toBe(0)
        expect(sample?.workers).toEqual({ alive: 1, silent: 0, stopped: 0 })
        expect(sample?.heartbeats).toMatchObject([{ workerId: hand.id }])
      },
    )

    inUniverse(bigBang, 'tells which schedules lag behind their time', async ({ queue, age }) => {
      await queue.schedule({ name: 'hourly', job: { type: 'work', payload: 1 }, every: '1h' })
      await queue.schedule({ name: 'paused', job: { type: 'work', payload: 1 }, every: '1h' })
      await queue.pauseSchedule('paused')
      const me = newId()
      const lags = async () => (await queue.work.sample(me, 1))?.schedules
      expect(await lags()).toEqual([])
      await age(3_660_000)
      expect(await lags()).toMatchObject([{ name: 'hourly' }])
      await age(60_000)
      expect((await lags())?.[0]?.lagMs).toBeGreaterThanOrEqual(60_000)
    })

    inUniverse(bigBang, 'counts the ticks that passed without a job, each once', async (universe) => {
      const { queue, age } = universe
      await queue.schedule({ ...hourly, noOverlap: false })
      const me = newId()
      const missed = async () => (await queue.work.sample(me, 1))?.missedTicks
      await age(1.1 * AN_HOUR)
      await tick(universe)
      expect(await missed()).toEqual([])
      await age(3 * AN_HOUR)
      await tick(universe)
      expect(await missed()).toEqual([{ schedule: 'hourly', ticks: 2 }])
    })

    inUniverse(
      bigBang,
      'counts bundles that have not stopped, by whether a member has failed',
      async ({ queue }) => {
        const hand = await Hand.join(queue)
        const add = (type: string) =>
          queue.addBundle({ type, origin: 'o', jobs: [1, 2].map((payload) => ({ type: 'work', payload })) })
        await add('failing')
        await hand.settle(outcome.terminal(await hand.claimOne()))
        await add('good')
        await queue.cancelJobBundle((await add('gone')).id)
        const sample = await queue.work.sample(newId(), EVERY)
        expect(sample?.bundles).toEqual([
          { type: 'failing', hasError: true, bundles: 1 },
          { type: 'good', hasError: false, bundles: 1 },
        ])
      },
    )
  })

  describe('a look', () => {
    inUniverse(bigBang, 'tells which attempts of others it has ended, and why', async ({ queue, age }) => {
      const [lost, late] = [await Hand.join(queue), await Hand.join(queue, { timeoutMs: 1_000 })]
      const silent = await addOne(queue)
      await lost.claimOne()
      await age(50_000)
      await late.beat()
      const slow = await addOne(queue)
      await late.claimOne()
      const looker = await Hand.join(queue)
      const look = async () =>
        (await queue.work.look({ workerId: looker.id, types: ['work'], reap: true, sleeping: false })).reaped
      expect(await look()).toEqual([])
      await age(40_000)
      await late.beat()
      expect(await look()).toEqual([
        { jobId: silent, jobType: 'work', attempt: 1, workerId: lost.id, reason: 'heartbeat' },
      ])
      await age(24_000)
      await late.beat()
      expect(await look()).toEqual([
        { jobId: slow, jobType: 'work', attempt: 1, workerId: late.id, reason: 'timeout' },
      ])
      expect(await look()).toEqual([])
    })
  })
}
