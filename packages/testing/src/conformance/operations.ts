import { JobRunningError } from '@jq/core'
import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'

const members = (count: number) => Array.from({ length: count }, (_, n) => ({ type: 'work', payload: n }))

export function operationsConform(bigBang: BigBang): void {
  describe('an operation', () => {
    // S26
    inUniverse(
      bigBang,
      'that resets members of several bundles takes each out of its own count',
      async ({ queue }) => {
        const bundles = [
          await queue.addBundle({ type: 'b', origin: 'o', jobs: members(3) }),
          await queue.addBundle({ type: 'b', origin: 'o', jobs: members(2) }),
        ]
        const hand = await Hand.join(queue)
        for (const claimed of await hand.claim(5)) await hand.settle(outcome.failed(claimed))
        const ids = bundles.flatMap(({ jobs }) => jobs.slice(0, 2).map(({ id }) => id))
        expect(await queue.resetJobs(ids)).toBe(4)
        const counts = await Promise.all(
          bundles.map(async ({ id }) => (await queue.getBundleState(id)).bundle),
        )
        expect(counts).toMatchObject([
          { numJobs: 3, numJobsStopped: 1, numJobsFailed: 1 },
          { numJobs: 2, numJobsStopped: 0, numJobsFailed: 0 },
        ])
      },
    )

    inUniverse(bigBang, 'that would reset a running job resets none', async ({ queue }) => {
      const [first, second] = [await addOne(queue), await addOne(queue)]
      const hand = await Hand.join(queue)
      await hand.settle(outcome.failed(await hand.claimOne()))
      await hand.claimOne()
      await expect(queue.resetJobs([first, second])).rejects.toThrow(JobRunningError)
      expect((await queue.getJob(first))?.state).toBe('failed')
      expect(await queue.resetJobs([first, second], { ifRunning: 'cancel' })).toBe(2)
      expect(await queue.resetJobs([])).toBe(0)
    })

    inUniverse(bigBang, 'that cancels a bundle cancels what waits and asks what runs', async ({ queue }) => {
      const { id } = await queue.addBundle({ type: 'b', origin: 'o', jobs: members(4) })
      const hand = await Hand.join(queue)
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      const running = await hand.claimOne()
      expect(await queue.cancelJobBundle(id)).toEqual({ cancelled: 2, requested: 1 })
      await hand.settle(outcome.cancelled(running))
      expect((await queue.getBundleState(id)).bundle).toMatchObject({
        numJobsStopped: 4,
        numJobsFailed: 3,
        epoch: 1,
      })
      expect(await queue.cancelJobBundle('00000000-0000-7000-8000-000000000000')).toBeNull()
    })

    // S40 in part; that an idle worker starts it at once is in wake-up.ts
    inUniverse(bigBang, 'that moves a start makes a job wait, or wait no longer', async ({ queue }) => {
      const id = await addOne(queue, { runAfter: '1h' })
      const hand = await Hand.join(queue)
      expect(await queue.setJobStart(id, new Date(0))).toBe(true)
      const claimed = await hand.claimOne()
      await expect(queue.setJobStart(id, new Date(0))).rejects.toThrow(JobRunningError)
      await hand.settle(outcome.released(claimed))
      expect(await queue.setJobStart(id, new Date(Date.now() + 86_400_000))).toBe(true)
      expect(await queue.getJob(id)).toMatchObject({ state: 'scheduled', attempt: 1 })
      expect(await queue.setJobStart('00000000-0000-7000-8000-000000000000', new Date())).toBe(false)
    })

    inUniverse(
      bigBang,
      "that moves the start of a stopped member takes it out of its bundle's count, budgets kept",
      async ({ queue }) => {
        const { id, jobs } = await queue.addBundle({
          type: 'b',
          origin: 'o',
          jobs: [{ type: 'work', payload: 1, maxRetryCount: 1 }],
        })
        const hand = await Hand.join(queue)
        await hand.settle(outcome.failed(await hand.claimOne()))
        await hand.settle(outcome.failed(await hand.claimOne()))
        const member = jobs[0]?.id as string
        expect(await queue.setJobStart(member, new Date(0))).toBe(true)
        expect(await queue.getJob(member)).toMatchObject({
          state: 'available',
          currentRetryCount: 1,
          attempt: 2,
          errorMsg: null,
        })
        expect((await queue.getBundleState(id)).bundle).toMatchObject({
          numJobsStopped: 0,
          numJobsFailed: 0,
          stoppedAt: null,
          epoch: 1,
        })
      },
    )

    inUniverse(
      bigBang,
      'that deletes by origin, type or age deletes those and no others',
      async ({ queue, age }) => {
        const hand = await Hand.join(queue)
        const old = await addOne(queue)
        await hand.settle(outcome.succeeded(await hand.claimOne()))
        const failed = await addOne(queue)
        await hand.settle(outcome.failed(await hand.claimOne()))
        const bundle = await queue.addBundle({ type: 'b', origin: 'bundled', jobs: members(1) })
        await hand.settle(outcome.succeeded(await hand.claimOne()))
        expect(await queue.deleteFinishedJobs({ olderThan: '1h' })).toBe(0)
        await age(3_600_000)
        expect(await queue.deleteFinishedJobs({ olderThan: '1h' })).toBe(1)
        expect(await queue.getJob(old)).toBeNull()
        expect(await queue.getJob(failed)).not.toBeNull()

        await queue.addMany([
          { type: 'work', payload: 1, origin: 'x' },
          { type: 'other', payload: 1, origin: 'x' },
          { type: 'other', payload: 1 },
        ])
        expect(await queue.deleteJobsFromOrigin('x')).toBe(2)
        expect(await queue.deleteJobsOfType('other')).toBe(1)
        expect(await queue.deleteJobBundlesOfType('nothing')).toBe(0)
        expect(await queue.deleteJobBundlesFromOrigin('bundled')).toBe(1)
        expect(await queue.getJobBundle(bundle.id)).toBeNull()
        expect(await queue.getStatus()).toEqual({ numJobs: 1, numJobBundles: 0 })
        await queue.deleteAllJobsAndBundles()
        expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
      },
    )

    inUniverse(
      bigBang,
      'that lists finds what is to do, what began long ago, and what went wrong',
      async ({ queue, age }) => {
        const hand = await Hand.join(queue)
        const wrong = await addOne(queue)
        await hand.settle(outcome.failed(await hand.claimOne()))
        const running = await addOne(queue)
        await hand.claimOne()
        const retrying = await addOne(queue, { runAfter: '1h' })
        const ids = (page: { jobs: readonly { id: string }[] }) => page.jobs.map(({ id }) => id)
        expect(ids(await queue.getAllJobsToDo())).toEqual([running, retrying])
        expect(ids(await queue.getAllJobsWithErrors())).toEqual([wrong])
        expect(ids(await queue.getAllJobsStartedBefore(new Date(0)))).toEqual([])
        await age(1)
        expect(ids(await queue.getAllJobsStartedBefore(new Date(Date.now() + 60_000)))).toEqual([running])
      },
    )
  })
}
