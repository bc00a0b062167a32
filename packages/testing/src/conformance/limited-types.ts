import type { JobLimit, JobQueue } from '@jq/core'
import type { ClaimedJob } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { addOne, Hand, keyOf, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

/** Never taken for dead, and its attempts never late. */
const SILENT = { heartbeatIntervalMs: 0, timeoutMs: 0 }
const BOTH = { ...SILENT, types: ['work', 'other'] }

/** As many jobs, of these groups one after the other. */
async function addTo(queue: JobQueue, ...groups: readonly (string | null)[]): Promise<string[]> {
  const jobs = groups.map((group) => ({
    ...{ type: 'work', payload: {} },
    ...(group === null ? {} : { groupKey: group }),
  }))
  return (await queue.addMany(jobs)).map(({ id }) => id)
}

function times<T>(count: number, what: T): T[] {
  return Array.from({ length: count }, () => what)
}

function groupsOf(claimed: readonly ClaimedJob[]): (string | null)[] {
  return claimed.map(({ job }) => job.groupKey)
}

function idsOf(claimed: readonly ClaimedJob[]): string[] {
  return claimed.map(({ job }) => job.id)
}

async function settleAll(hand: Hand, claimed: readonly ClaimedJob[]): Promise<void> {
  await hand.settle(...claimed.map((one) => outcome.succeeded(one)))
}

export function limitedTypesConform(bigBang: BigBang): void {
  const promise = (what: string, body: (universe: Universe) => Promise<void>) =>
    inUniverse(bigBang, what, body)
  const limited = (what: string, limit: JobLimit, body: (universe: Universe) => Promise<void>) =>
    promise(what, async (universe) => {
      await universe.queue.setLimit('work', limit)
      await body(universe)
    })

  describe('a limit of concurrency', () => {
    // P19
    limited(
      'holds over all workers, and each end makes room for one',
      { concurrency: 2 },
      async ({ queue }) => {
        const hands = [await Hand.join(queue, SILENT), await Hand.join(queue, SILENT)] as const
        await addTo(queue, ...times(6, null))
        const [first] = await hands[0].take(1)
        expect(await hands[1].take(5)).toHaveLength(1)
        expect(await hands[0].take(5)).toEqual([])
        await hands[0].settle(outcome.succeeded(first as ClaimedJob))
        expect(await hands[1].take(5)).toHaveLength(1)
        expect(await hands[0].take(5)).toEqual([])
      },
    )

    // P19
    limited(
      'holds however jobs are claimed, also long after it was set',
      { concurrency: 3 },
      async (universe) => {
        const { queue, age } = universe
        const hand = await Hand.join(queue, SILENT)
        await addTo(queue, ...times(12, null))
        await age(5_000)
        const claimed = [...(await hand.take(1)), ...(await hand.take(1)), ...(await hand.take(1))]
        expect(claimed).toHaveLength(3)
        expect(await hand.take(1)).toEqual([])
        await settleAll(hand, claimed.slice(1))
        expect(await hand.take(1)).toHaveLength(1)
        expect(await hand.take(5)).toHaveLength(1)
        expect(await hand.take(1)).toEqual([])
      },
    )

    // P19
    limited('takes what else may run, in the order of claims', { concurrency: 1 }, async ({ queue }) => {
      const hand = await Hand.join(queue, BOTH)
      const low = await addOne(queue, { priority: -1 })
      const ids = [await addOne(queue, {}, 'other'), await addOne(queue, { priority: 1 })]
      const third = await addOne(queue, {}, 'other')
      const claimed = await hand.take(5)
      expect(idsOf(claimed)).toEqual([ids[1], ids[0], third])
      await settleAll(hand, claimed)
      expect(idsOf(await hand.take(5))).toEqual([low])
    })

    // P19
    promise('counts what began before it was set', async ({ queue }) => {
      const hand = await Hand.join(queue, SILENT)
      await addTo(queue, ...times(5, null))
      const claimed = await hand.take(2)
      await queue.setLimit('work', { concurrency: 2 })
      expect(await hand.take(5)).toEqual([])
      await settleAll(hand, claimed)
      expect(await hand.take(5)).toHaveLength(2)
      await queue.setLimit('work', null)
      expect(await hand.take(5)).toHaveLength(1)
    })

    // P19
    limited(
      'counts the attempts of the dead until they are reaped, and no longer',
      { concurrency: 1 },
      async (universe) => {
        const { queue, age } = universe
        const zombie = await Hand.join(queue)
        await addTo(queue, null, null)
        const [lost] = (await zombie.take()) as [ClaimedJob]
        await age(61_000)
        const hand = await Hand.join(queue)
        expect(await hand.claim()).toEqual([])
        const [next] = (await hand.take()) as [ClaimedJob] // reaps as it looks
        expect((await zombie.settle(outcome.succeeded(lost))).lost).toEqual([keyOf(lost)])
        expect(await hand.take()).toEqual([])
        await hand.settle(outcome.succeeded(next))
        expect(await hand.take()).toHaveLength(1)
      },
    )

    limited('holds for jobs that must run alone', { concurrency: 1 }, async ({ queue, age }) => {
      const dying = await Hand.join(queue)
      await addTo(queue, null, null)
      const [crashed] = await dying.take()
      await age(61_000)
      const hands = [await Hand.join(queue), await Hand.join(queue)] as const
      await hands[0].look()
      const [alone] = (await hands[0].claim()) as [ClaimedJob]
      expect(alone.job).toMatchObject({ id: crashed?.job.id, crashCount: 1 })
      expect(await hands[1].take()).toEqual([])
      await hands[0].settle(outcome.succeeded(alone))
      expect(await hands[1].take()).toHaveLength(1)
    })

    limited(
      'counts for each group by itself, those without one together',
      { concurrency: 1, perGroup: true },
      async ({ queue }) => {
        const hand = await Hand.join(queue, SILENT)
        await addTo(queue, 'a', 'a', 'b', null, null)
        const claimed = await hand.take(5)
        expect(groupsOf(claimed).toSorted()).toEqual(['a', 'b', null])
        expect(await hand.take(5)).toEqual([])
        await settleAll(
          hand,
          claimed.filter(({ job }) => job.groupKey !== null),
        )
        expect(groupsOf(await hand.take(5))).toEqual(['a'])
      },
    )

    limited('has none of its jobs claimed ahead of a free thread', { concurrency: 9 }, async ({ queue }) => {
      const hand = await Hand.join(queue, BOTH)
      await addTo(queue, ...times(5, null))
      for (let n = 0; n < 5; n++) await addOne(queue, {}, 'other')
      await hand.look()
      expect(await hand.claimAhead(8, 8, 2)).toHaveLength(2)
      const ahead = await hand.claimAhead(8, 8, 0)
      expect(ahead.map(({ job }) => job.type)).toEqual(times(5, 'other'))
    })
  })

  describe('a limit of rate', () => {
    // P19
    limited(
      'starts as many at once as its bucket holds, and then as it fills',
      { rate: { count: 2, per: '1h' } },
      async ({ queue, age }) => {
        const hand = await Hand.join(queue, SILENT)
        await addTo(queue, ...times(9, null))
        await settleAll(hand, await hand.take(5))
        expect((await queue.getStats()).succeeded).toBe(2)
        await age(29 * 60_000)
        expect(await hand.take(5)).toEqual([])
        await age(60_000)
        expect(await hand.take(5)).toHaveLength(1)
        await age(10 * 3_600_000)
        expect(await hand.take(5)).toHaveLength(2) // no more than it holds
      },
    )

    limited(
      'spends no token on a job that another worker was quicker to take',
      { rate: { count: 6, per: '1h' } },
      async ({ queue, age }) => {
        await age(5_000)
        const hands = await Promise.all([1, 2, 3, 4, 5, 6].map(() => Hand.join(queue, SILENT)))
        let begun = 0
        for (let job = 0; job < 6; job++) {
          await addTo(queue, null)
          begun += (await Promise.all(hands.map((hand) => hand.take(5)))).flat().length
        }
        expect(begun).toBe(6)
      },
    )

    limited(
      'is a bucket for each group',
      { rate: { count: 1, per: '1h' }, perGroup: true },
      async ({ queue, age }) => {
        const hand = await Hand.join(queue, SILENT)
        await addTo(queue, 'a', 'a', 'b', 'b', null, null)
        expect(groupsOf(await hand.take(6)).toSorted()).toEqual(['a', 'b', null])
        expect(await hand.take(6)).toEqual([])
        await age(3_600_000)
        expect(groupsOf(await hand.take(6)).toSorted()).toEqual(['a', 'b', null])
      },
    )

    limited('is not filled by being set again', { rate: { count: 1, per: '1h' } }, async ({ queue }) => {
      const hand = await Hand.join(queue, SILENT)
      await addTo(queue, null, null, null)
      expect(await hand.take(3)).toHaveLength(1)
      await queue.setLimit('work', { rate: { count: 1, per: '1h' }, concurrency: 5 })
      expect(await hand.take(3)).toEqual([])
      await queue.setLimit('work', { rate: { count: 1, per: '1m' } })
      expect(await hand.take(3)).toHaveLength(1)
    })
  })

  describe('groups', () => {
    // P19
    promise(
      'take turns: one busy and 99 quiet ones, each of which waits for no more than its share',
      async ({ queue }) => {
        const hands = [await Hand.join(queue, SILENT), await Hand.join(queue, SILENT)] as const
        await addTo(queue, ...times(300, 'busy'))
        const quiet = Array.from({ length: 99 }, (_, n) => `quiet ${n}`)
        await addTo(queue, ...quiet, ...quiet)
        await hands[0].look()
        const order: (string | null)[] = []
        // Alone, some at a time, and in turns: it makes no difference to the groups.
        for (let n = 0; order.length < 300; n++) {
          const claimed = await (hands[n % 2] as Hand).claim([1, 4, 5][n % 3])
          order.push(...groupsOf(claimed))
          await settleAll(hands[n % 2] as Hand, claimed)
        }
        expect(new Set(order.slice(0, 100)).size).toBe(100)
        expect(new Set(order.slice(100, 200)).size).toBe(100)
        expect(order.slice(200, 300)).toEqual(times(100, 'busy'))
      },
    )

    promise('keep their own order: by priority, then first in, first out', async ({ queue }) => {
      const hand = await Hand.join(queue, SILENT)
      const add = (groupKey: string, priority = 0) => addOne(queue, { groupKey, priority })
      const a = [await add('a'), await add('a'), await add('a', 1)]
      const b = [await add('b'), await add('b')]
      expect(new Set(idsOf(await hand.take(2)))).toEqual(new Set([a[2], b[0]]))
      expect(new Set(idsOf(await hand.take(2)))).toEqual(new Set([a[0], b[1]]))
      expect(idsOf(await hand.take(2))).toEqual([a[1]])
    })

    promise(
      'stay what they are over retries, resets and waits, and find their jobs',
      async ({ queue, age }) => {
        const hand = await Hand.join(queue, { ...SILENT, maxRetryCount: 5 })
        const id = await addOne(queue, { groupKey: 'a' })
        await addOne(queue)
        const later = await addOne(queue, { groupKey: 'b', runAfter: '1h' })
        expect((await queue.getJobs({ groupKey: 'a' })).jobs.map((job) => job.id)).toEqual([id])
        for (const end of ['failed', 'released', 'snoozed', 'succeeded'] as const) {
          const claimed = await hand.take(2)
          expect(groupsOf(claimed)).toContain('a')
          await hand.settle(...claimed.map((one) => outcome[one.job.id === id ? end : 'released'](one)))
        }
        expect(await queue.resetJob(id)).toBe(true)
        expect(await queue.getJob(id)).toMatchObject({ state: 'available', groupKey: 'a' })
        expect(await queue.cancelJob(id)).toBe('cancelled')
        expect(await queue.setJobStart(later, new Date(0))).toBe(true)
        expect(groupsOf(await hand.take(3)).toSorted()).toEqual(['b', null])
        await age(0)
      },
    )

    promise(
      'are held by a handler that was told to come back later, and by nobody else',
      async ({ queue, age }) => {
        const hand = await Hand.join(queue, SILENT)
        await addTo(queue, 'a', 'a', 'b', null)
        const [first] = (await hand.take()) as [ClaimedJob]
        expect(first.job.groupKey).toBe(null)
        const [one] = (await hand.take()) as [ClaimedJob]
        expect(one.job.groupKey).toBe('a')
        await hand.settle({ ...keyOf(one), kind: 'snoozed', delayMs: 60_000, holdsGroup: true })
        expect(groupsOf(await hand.take(1))).toEqual(['b'])
        expect(await hand.take(1)).toEqual([])
        await hand.settle({ ...keyOf(first), kind: 'snoozed', delayMs: 30_000, holdsGroup: true })
        await addTo(queue, null)
        expect(await hand.take(5)).toEqual([])
        await age(30_001)
        expect(groupsOf(await hand.take(5))).toEqual([null, null])
        await age(30_000)
        expect(groupsOf(await hand.take(5))).toEqual(['a', 'a'])
      },
    )

    promise('are not held by an attempt that was lost', async ({ queue, age }) => {
      const zombie = await Hand.join(queue)
      await addTo(queue, 'a', 'a')
      const [lost] = (await zombie.take()) as [ClaimedJob]
      await age(61_000)
      const hand = await Hand.join(queue, SILENT)
      await hand.look()
      await zombie.settle({ ...keyOf(lost), kind: 'snoozed', delayMs: 60_000, holdsGroup: true })
      expect(await hand.claim(2)).toHaveLength(1)
    })
  })

  describe('a paused type', () => {
    // P19
    promise('is claimed by nobody until it is resumed, while others are', async ({ queue }) => {
      const hand = await Hand.join(queue, BOTH)
      await addTo(queue, null, 'a')
      await hand.look()
      const [running] = (await hand.claim()) as [ClaimedJob]
      await queue.pause('work')
      await queue.pause('work')
      await addTo(queue, null)
      const other = await addOne(queue, {}, 'other')
      expect(idsOf(await hand.take(5))).toEqual([other])
      expect(await (await Hand.join(queue, SILENT)).take(1)).toEqual([])
      expect((await hand.settle(outcome.succeeded(running))).lost).toEqual([])
      await queue.resume('work')
      expect(await hand.take(5)).toHaveLength(2)
      await queue.resume('work')
    })

    promise('keeps its limit, and a limit keeps it paused', async ({ queue }) => {
      const hand = await Hand.join(queue, SILENT)
      await addTo(queue, null, null)
      await queue.pause('work')
      await queue.setLimit('work', { concurrency: 1 })
      expect(await hand.take(5)).toEqual([])
      await queue.resume('work')
      expect(await hand.take(5)).toHaveLength(1)
    })
  })

  // P19
  promise('what nobody limits any more is claimed as if nobody had', async (universe) => {
    const { queue, keep } = universe
    const hand = await Hand.join(queue, SILENT)
    await queue.setLimit('work', { concurrency: 1, rate: { count: 1, per: '1h' }, perGroup: true })
    const ids = await addTo(queue, 'a', 'b', null, null)
    await settleAll(hand, await hand.take(4))
    await queue.setLimit('work', null)
    await settleAll(hand, await hand.take(4))
    await keep()
    ids.push(...(await addTo(queue, null, 'a')))
    expect(await hand.take(4)).toHaveLength(2)
  })
}
