import {
  BundleSealedError,
  BundleStoppedError,
  InvalidInputError,
  type JobBundleStoppedEvent,
  NotFoundError,
} from '@jq/core'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

const members = (count: number) => Array.from({ length: count }, (_, n) => ({ type: 'work', payload: { n } }))

export function bundlesConform(bigBang: BigBang): void {
  describe('a bundle', () => {
    // P14
    inUniverse(bigBang, 'stops once per epoch, with its last member', async (universe) => {
      const { queue } = universe
      const stops = await stopsOf(universe)
      const { id, jobs } = await queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: members(3),
        whenStopped: [{ type: 'after', payload: { said: true } }],
      })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      await hand.settle(outcome.failed(await hand.claimOne()))
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobs: 3,
        numJobsStopped: 2,
        numJobsFailed: 1,
        epoch: 0,
        stoppedAt: null,
      })
      expect(await followers(universe, id)).toEqual([])
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobsStopped: 3,
        epoch: 1,
        stoppedAt: expect.any(Date),
      })
      expect(await followers(universe, id)).toHaveLength(1)

      await queue.resetJob(jobs[0]?.id as string)
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobsStopped: 2,
        epoch: 1,
        stoppedAt: null,
      })
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      expect((await queue.getBundleState(id)).bundle).toMatchObject({ numJobsStopped: 3, epoch: 2 })
      expect(await followers(universe, id)).toHaveLength(2)
      await until('both stops were told', () => stops.length === 2)
      expect(
        stops.map(({ bundleId, epoch, hasError, bundleType, origin }) => ({
          bundleId,
          epoch,
          hasError,
          bundleType,
          origin,
        })),
      ).toEqual(
        [1, 2].map((epoch) => ({ bundleId: id, epoch, hasError: true, bundleType: 'b', origin: 'o' })),
      )
    })

    // S22
    inUniverse(bigBang, 'with a failed member says so, and stays with its jobs', async (universe) => {
      const { queue } = universe
      const stops = await stopsOf(universe)
      const { id, jobs } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(2) })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      await hand.settle(outcome.failed(await hand.claimOne()))
      await until('the stop was told', () => stops.length > 0)
      expect(stops).toMatchObject([{ bundleId: id, hasError: true }])
      expect(await queue.getJobBundle(id)).toMatchObject({
        numJobsFailed: 1,
        jobs: [
          { id: jobs[0]?.id, state: 'succeeded' },
          { id: jobs[1]?.id, state: 'failed' },
        ],
      })
    })

    // S20 in small; with processes it is a lab test
    inUniverse(bigBang, 'that is settled by many at once stops once', async ({ queue }) => {
      const { id } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(60) })
      const hands = await Promise.all(Array.from({ length: 6 }, () => Hand.join(queue)))
      const claimed = await Promise.all(hands.map((hand) => hand.claim(10)))
      await Promise.all(
        hands.flatMap((hand, h) => (claimed[h] ?? []).map((one) => hand.settle(outcome.succeeded(one)))),
      )
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobs: 60,
        numJobsStopped: 60,
        epoch: 1,
      })
    })

    // S21
    inUniverse(bigBang, 'counts a member that is retried once, at its final stop', async ({ queue }) => {
      const { id } = await queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: [{ type: 'work', payload: 1, maxRetryCount: 2 }],
      })
      const hand = await Hand.join(queue)
      for (let run = 0; run < 2; run++) {
        await hand.settle(outcome.failed(await hand.claimOne()))
        expect((await queue.getBundleState(id)).bundle).toMatchObject({ numJobsStopped: 0 })
      }
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobsStopped: 1,
        numJobsFailed: 0,
        epoch: 1,
      })
    })

    inUniverse(bigBang, 'counts members that were cancelled or died', async ({ queue, age }) => {
      const { id, jobs } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(2) })
      await queue.cancelJob(jobs[0]?.id as string)
      const dying = await Hand.join(queue, { maxCrashCount: 1 })
      await dying.claimOne()
      await age(61_000)
      const reaper = await Hand.join(queue)
      await reaper.look()
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobsStopped: 2,
        numJobsFailed: 2,
        epoch: 1,
      })
    })

    // S29
    inUniverse(bigBang, 'whose last open member is deleted stops', async (universe) => {
      const { queue } = universe
      const stops = await stopsOf(universe)
      const { id, jobs } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(2) })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      expect(await queue.deleteJob(jobs[1]?.id as string)).toBe(true)
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobs: 1,
        numJobsStopped: 1,
        epoch: 1,
      })
      await until('the stop was told', () => stops.length > 0)
      expect(stops).toMatchObject([{ bundleId: id, epoch: 1, hasError: false }])
      expect(await queue.deleteJob(jobs[0]?.id as string)).toBe(true)
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobs: 0,
        numJobsStopped: 0,
        epoch: 1,
      })
    })

    // S27
    inUniverse(bigBang, 'keeps its counts when a waiting member is reset', async ({ queue }) => {
      const { id, jobs } = await queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: [{ type: 'work', payload: 1, maxRetryCount: 1 }],
      })
      const hand = await Hand.join(queue)
      const claimed = await hand.claimOne()
      await hand.settle({ ...outcome.failed(claimed), retry: { waitMs: 60_000 } } as ReturnType<
        typeof outcome.failed
      >)
      expect(await queue.resetJob(jobs[0]?.id as string)).toBe(true)
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobs: 1,
        numJobsStopped: 0,
        epoch: 0,
      })
      expect((await queue.getJob(jobs[0]?.id as string))?.state).toBe('available')
    })

    // S18
    inUniverse(
      bigBang,
      'without jobs is refused, unless it is open; sealed empty it stops at once',
      async (universe) => {
        const { queue } = universe
        await expect(queue.addBundle({ type: 'b', origin: 'o', jobs: [] })).rejects.toThrow(InvalidInputError)
        const { id } = await queue.addBundle({
          type: 'b',
          origin: 'o',
          jobs: [],
          open: true,
          whenStopped: [{ type: 'after', payload: 1 }],
        })
        await queue.sealBundle(id)
        expect((await queue.getBundleState(id)).bundle).toMatchObject({
          numJobs: 0,
          epoch: 1,
          stoppedAt: expect.any(Date),
        })
        expect(await followers(universe, id)).toHaveLength(1)
        await expect(queue.addToBundle(id, members(1))).rejects.toThrow(BundleStoppedError)
      },
    )

    inUniverse(
      bigBang,
      'that is open takes members until it is sealed, and cannot stop before',
      async ({ queue }) => {
        const { id } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(1), open: true })
        const hand = await Hand.join(queue)
        await hand.settle(outcome.succeeded(await hand.claimOne()))
        expect((await queue.getBundleState(id)).bundle).toMatchObject({
          numJobs: 1,
          numJobsStopped: 1,
          epoch: 0,
          stoppedAt: null,
        })
        expect(await queue.addToBundle(id, members(2))).toHaveLength(2)
        await queue.sealBundle(id)
        await expect(queue.addToBundle(id, members(1))).rejects.toThrow(BundleSealedError)
        for (const claimed of await hand.claim(5)) await hand.settle(outcome.succeeded(claimed))
        expect((await queue.getBundleState(id)).bundle).toMatchObject({
          numJobs: 3,
          numJobsStopped: 3,
          epoch: 1,
        })
        await expect(queue.sealBundle('00000000-0000-7000-8000-000000000000')).rejects.toThrow(NotFoundError)
      },
    )

    // S19
    inUniverse(bigBang, 'with a start lets none of its jobs start before', async ({ queue, age }) => {
      await queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: members(2),
        startAt: new Date(Date.now() + 3_600_000),
      })
      const hand = await Hand.join(queue)
      await hand.look()
      expect(await hand.claim(2)).toEqual([])
      await age(3_600_000 + 60_000)
      await hand.look()
      expect(await hand.claim(2)).toHaveLength(2)
    })

    inUniverse(bigBang, 'is deleted with its members, running ones included', async ({ queue }) => {
      const { id, jobs } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(3) })
      const hand = await Hand.join(queue)
      const claimed = await hand.claimOne()
      expect(await queue.deleteJobBundle(id)).toBe(true)
      expect((await hand.settle(outcome.succeeded(claimed))).lost).toHaveLength(1)
      expect(await queue.getJobBundle(id)).toBeNull()
      expect(await queue.getJob(jobs[0]?.id as string)).toBeNull()
      expect(await queue.deleteJobBundle(id)).toBe(false)
    })

    inUniverse(bigBang, 'lists its members in the order of adding', async ({ queue }) => {
      const { id, jobs } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(5) })
      await addOne(queue)
      expect((await queue.getJobBundle(id))?.jobs.map((job) => job.id)).toEqual(jobs.map((job) => job.id))
    })

    inUniverse(bigBang, 'added again under its id stays as it is', async ({ queue }) => {
      const { id, jobs } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(2) })
      const again = await queue.addBundle({ id, type: 'b', origin: 'o', jobs: members(2) })
      expect(again).toEqual({ id, jobs: jobs.map((job) => ({ id: job.id, status: 'duplicate' })) })
      const more = await queue.addBundle({ id, type: 'b', origin: 'o', jobs: members(3) })
      expect(more.jobs.map(({ status }) => status)).toEqual(['duplicate', 'duplicate', 'duplicate'])
      expect((await queue.getJobBundle(id))?.jobs).toHaveLength(2)
    })
  })
}

/** What a bundle's stops have added. */
async function followers({ queue }: Universe, bundleId: string): Promise<readonly string[]> {
  const { jobs } = await queue.getJobs({ type: 'after' })
  return jobs.filter(({ afterBundleId }) => afterBundleId === bundleId).map(({ id }) => id)
}

async function stopsOf({ queue }: Universe): Promise<JobBundleStoppedEvent[]> {
  const stops: JobBundleStoppedEvent[] = []
  await queue.addListener({ onJobBundleStopped: (event) => void stops.push(event) })
  return stops
}
