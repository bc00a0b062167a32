import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'

const bundleOf = (origin: string, type = 'work') => ({
  type,
  origin,
  jobs: [{ type: 'work', payload: 1, origin: 'member' }],
})
const idsOf = ({ jobs }: { jobs: readonly { id: string }[] }) => jobs.map(({ id }) => id)

export function queriesConform(bigBang: BigBang): void {
  describe('a question', () => {
    // S115
    inUniverse(
      bigBang,
      'for what is to do names what waits and runs, what has no start first',
      async (universe) => {
        const { queue } = universe
        const hand = await Hand.join(queue)
        await addOne(queue)
        await hand.settle(outcome.succeeded(await hand.claimOne()))
        const at = (hours: number) => ({ startAt: new Date(Date.now() + hours * 3_600_000) })
        const late = await addOne(queue, at(2))
        const running = await addOne(queue)
        await hand.claimOne()
        const early = await addOne(queue, at(1))
        const first = await addOne(queue)
        const past = await addOne(queue, at(-1))
        const second = await addOne(queue)
        const all = [running, first, second, past, early, late]
        expect(idsOf(await queue.getAllJobsToDo())).toEqual(all)

        const paged: string[] = []
        for (let after: string | undefined; ; ) {
          const page = await queue.getAllJobsToDo({ limit: 1, after })
          paged.push(...idsOf(page))
          if (page.next === null) break
          after = page.next
        }
        expect(paged).toEqual(all)
      },
    )

    // S116
    inUniverse(
      bigBang,
      'for what began before a time names what still runs since then',
      async ({ queue, age }) => {
        const hand = await Hand.join(queue)
        const [past] = [await addOne(queue)]
        await hand.claimOne()
        await addOne(queue)
        await hand.settle(outcome.succeeded(await hand.claimOne()))
        await age(120_000)
        await addOne(queue) // never started
        const later = await addOne(queue, {}, 'later')
        const other = await Hand.join(queue, { types: ['later'] })
        await other.claimOne()
        const [pastJob, laterJob] = [await queue.getJob(past), await queue.getJob(later)]
        const between = ((pastJob?.startedAt?.getTime() ?? 0) + (laterJob?.startedAt?.getTime() ?? 0)) / 2
        expect(idsOf(await queue.getAllJobsStartedBefore(new Date(between)))).toEqual([past])
      },
    )

    // S117
    inUniverse(bigBang, 'for the status counts jobs and bundles', async ({ queue }) => {
      await addOne(queue)
      await queue.addBundle(bundleOf('o'))
      const before = await queue.getStatus()
      expect(before).toEqual({ numJobs: 2, numJobBundles: 1 })
      await addOne(queue)
      await queue.addBundle(bundleOf('o'))
      expect(await queue.getStatus()).toEqual({
        numJobs: before.numJobs + 2,
        numJobBundles: before.numJobBundles + 1,
      })
    })
  })

  describe('a deletion', () => {
    // S113
    inUniverse(bigBang, 'of finished jobs takes the succeeded that are in no bundle', async ({ queue }) => {
      const hand = await Hand.join(queue)
      const succeeded = await addOne(queue)
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      const failed = await addOne(queue)
      await hand.settle(outcome.failed(await hand.claimOne()))
      const { jobs } = await queue.addBundle(bundleOf('o'))
      await hand.settle(outcome.succeeded(await hand.claimOne()))
      const running = await addOne(queue)
      await hand.claimOne()
      const waiting = await addOne(queue)
      const planned = await addOne(queue, { runAfter: '1h' })
      expect(await queue.deleteFinishedJobs()).toBe(1)
      expect(await queue.getJob(succeeded)).toBeNull()
      const rest = [failed, jobs[0]?.id, running, waiting, planned].sort()
      expect(idsOf(await queue.getJobs()).sort()).toEqual(rest)
    })

    // S114
    inUniverse(
      bigBang,
      'by origin or type takes those, bundles with their jobs, and in the end everything',
      async (universe) => {
        const { queue } = universe
        const [ofA, ofB] = [await addOne(queue, { origin: 'A' }), await addOne(queue, { origin: 'B' })]
        const [typeA, typeB] = [await addOne(queue, {}, 'A'), await addOne(queue, {}, 'B')]
        const bundles = [
          await queue.addBundle(bundleOf('A', 'x')),
          await queue.addBundle(bundleOf('B', 'x')),
          await queue.addBundle(bundleOf('C', 'A')),
          await queue.addBundle(bundleOf('C', 'B')),
        ]
        expect(await queue.deleteJobsFromOrigin('A')).toBe(1)
        expect(await queue.deleteJobsOfType('A')).toBe(1)
        expect(await queue.deleteJobBundlesFromOrigin('A')).toBe(1)
        expect(await queue.deleteJobBundlesOfType('A')).toBe(1)
        const kept = [bundles[1], bundles[3]].map((bundle) => bundle?.jobs[0]?.id)
        expect(idsOf(await queue.getJobs()).sort()).toEqual([ofB, typeB, ...kept].sort())
        expect([await queue.getJob(ofA), await queue.getJob(typeA)]).toEqual([null, null])
        expect(await queue.getStatus()).toEqual({ numJobs: 4, numJobBundles: 2 })
        await queue.deleteAllJobsAndBundles()
        expect(await queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
      },
    )
  })
}
