import { AttemptLostError } from '@jq/core'
import type { ClaimedJob } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { testSeed } from '../test-seed.ts'
import { addOne, Hand, keyOf, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

export function fenceConforms(bigBang: BigBang): void {
  describe('an attempt', () => {
    // P4
    inUniverse(bigBang, 'that was reaped cannot settle its job', async (universe) => {
      const { hand, claimed } = await reaped(universe)
      for (const end of Object.values(outcome)) {
        expect((await hand.settle(end(claimed))).lost).toEqual([keyOf(claimed)])
      }
      expect(await universe.queue.getJob(claimed.job.id)).toMatchObject({
        state: 'available',
        attempt: 1,
        crashCount: 1,
        result: null,
      })
    })

    inUniverse(
      bigBang,
      "that was replaced changes nothing, and its successor's result stands",
      async (universe) => {
        const { hand, claimed } = await reaped(universe)
        const successor = await Hand.join(universe.queue)
        const next = await successor.claimOne()
        for (const end of Object.values(outcome))
          expect((await hand.settle(end(claimed, '"late"'))).lost).toEqual([keyOf(claimed)])
        await expect(hand.progress(claimed, '1')).rejects.toThrow(AttemptLostError)
        expect(await hand.check(claimed)).toMatchObject([{ news: 'lost' }])
        expect((await successor.settle(outcome.succeeded(next, '"mine"'))).lost).toEqual([])
        expect((await hand.settle(outcome.succeeded(claimed, '"late"'))).lost).toEqual([keyOf(claimed)])
        expect(await universe.queue.getJob(claimed.job.id)).toMatchObject({
          state: 'succeeded',
          attempt: 2,
          result: 'mine',
          workerId: successor.id,
        })
      },
    )

    inUniverse(
      bigBang,
      'may be settled again after a lost reply, and is recorded once',
      async ({ queue }) => {
        const hand = await Hand.join(queue)
        for (const end of Object.values(outcome)) {
          const id = await addOne(queue, { maxRetryCount: 1 })
          const claimed = await hand.claimOne()
          expect(claimed.job.id).toBe(id)
          await hand.settle(end(claimed))
          const recorded = await queue.getAttempts(id)
          expect((await hand.settle(end(claimed))).lost).toEqual([])
          expect(await queue.getAttempts(id)).toEqual(recorded)
          await queue.deleteJob(id)
        }
      },
    )

    inUniverse(
      bigBang,
      'of a deleted job is lost, also where the same id is added again',
      async ({ queue }) => {
        const id = await addOne(queue)
        const hand = await Hand.join(queue)
        const claimed = await hand.claimOne()
        expect(await queue.deleteJob(id)).toBe(true)
        await queue.addMany([{ type: 'work', payload: 'again', id }])
        const again = await hand.claimOne()
        expect(again.attempt).toBe(claimed.attempt)
        expect((await hand.settle(outcome.succeeded(claimed))).lost).toEqual([keyOf(claimed)])
        expect((await queue.getJob(id))?.state).toBe('running')
      },
    )

    inUniverse(bigBang, 'is begun only by a process that beats', async ({ queue, age }) => {
      await addOne(queue)
      const hand = await Hand.join(queue)
      await age(61_000)
      const types = [{ type: 'work', room: 1, maxRetryCount: 0, maxTimeoutRetryCount: 0, timeoutMs: 0 }]
      const answer = await queue.work.step({
        workerId: hand.id,
        outcomes: [],
        claim: { types, room: 1, idle: true, maxCrashCount: 3 },
      })
      expect(answer).toMatchObject({ alive: false, claimed: [] })
      await hand.beat()
      expect(await hand.claim()).toHaveLength(1)
    })

    inUniverse(bigBang, 'whose claim nobody heard of is given back at no cost', async ({ queue }) => {
      const id = await addOne(queue)
      const hand = await Hand.join(queue)
      await hand.claimOne() // its reply is lost
      const known = await addOne(queue).then(() => hand.claimOne())
      await queue.work.releaseUnknown(hand.id, [keyOf(known)])
      expect(await queue.getJob(id)).toMatchObject({
        state: 'available',
        attempt: 1,
        currentRetryCount: 0,
        crashCount: 0,
      })
      expect((await hand.settle(outcome.succeeded(known))).lost).toEqual([])
    })

    // P7
    inUniverse(bigBang, 'number never falls, whatever is done to a job', async (universe) => {
      const seed = testSeed()
      console.info(`attempt never falls: seed ${seed}`)
      await neverFalls(universe, seed)
    })
  })
}

/** An attempt whose process fell silent, and was reaped by another. */
async function reaped({ queue, age }: Universe): Promise<{ hand: Hand; claimed: ClaimedJob }> {
  await addOne(queue)
  const hand = await Hand.join(queue)
  const claimed = await hand.claimOne()
  const reaper = await Hand.join(queue)
  await age(61_000)
  await reaper.beat()
  await reaper.look()
  await hand.beat() // it comes back, and does not know
  return { hand, claimed }
}

async function neverFalls({ queue, age, broken }: Universe, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const bundle = await queue.addBundle({
    type: 'b',
    origin: 'o',
    jobs: Array.from({ length: 3 }, () => ({ type: 'work', payload: {}, maxRetryCount: 2 })),
  })
  const ids = bundle.jobs.map(({ id }) => id)
  const hands = [await Hand.join(queue), await Hand.join(queue)]
  const seen: ClaimedJob[] = []
  const numbers = new Map(ids.map((id) => [id, 0]))
  const acts = {
    claim: async () => seen.push(...(await random.pick(hands).claim(random.integer(1, 3)))),
    settle: async () =>
      seen.length > 0 && random.pick(hands).settle(random.pick(Object.values(outcome))(random.pick(seen))),
    cancel: () => queue.cancelJob(random.pick(ids)),
    reset: () => queue.resetJob(random.pick(ids), { ifRunning: 'cancel' }),
    silence: () => age(61_000).then(() => random.pick(hands).beat()),
    look: () => random.pick(hands).look(),
  }
  for (let round = 0; round < 150; round++) {
    const name = random.pick([
      'claim',
      'claim',
      'settle',
      'settle',
      'settle',
      'cancel',
      'reset',
      'reset',
      'silence',
      'look',
    ] as const)
    await acts[name]()
    for (const id of ids) {
      const attempt = (await queue.getJob(id))?.attempt as number
      expect(attempt, `seed ${seed}, round ${round}, ${name}`).toBeGreaterThanOrEqual(
        numbers.get(id) as number,
      )
      numbers.set(id, attempt)
    }
    expect(await broken(), `seed ${seed}, round ${round}, ${name}`).toEqual([])
  }
  expect(Math.max(...numbers.values())).toBeGreaterThan(1)
}
