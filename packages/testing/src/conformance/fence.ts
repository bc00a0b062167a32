import { AttemptLostError, type Job } from '@jq/core'
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

    inUniverse(bigBang, 'ends only as itself, and in the hands of its own worker', async ({ queue }) => {
      const id = await addOne(queue)
      const [hand, stranger] = [await Hand.join(queue), await Hand.join(queue)]
      const first = await hand.claimOne()
      await hand.settle(outcome.released(first))
      const second = await hand.claimOne()
      for (const end of Object.values(outcome)) {
        if (end !== outcome.released) expect((await hand.settle(end(first))).lost).toEqual([keyOf(first)])
        expect((await stranger.settle(end(second))).lost).toEqual([keyOf(second)])
      }
      expect(await queue.getJob(id)).toMatchObject({ state: 'running', attempt: 2, workerId: hand.id })
    })

    inUniverse(
      bigBang,
      'that is to be reset is followed by another, however it ends, and leaves no result',
      async ({ queue }) => {
        const hand = await Hand.join(queue)
        for (const end of Object.values(outcome)) {
          const id = await addOne(queue)
          const claimed = await hand.claimOne()
          await queue.resetJob(id, { ifRunning: 'cancel' })
          expect((await hand.settle(end(claimed, '"of no use"'))).lost).toEqual([])
          const reset = { state: 'available', attempt: 1, result: null, errorMsg: null }
          expect(await queue.getJob(id)).toMatchObject(reset)
          expect(await queue.getAttempts(id)).toMatchObject([{ attempt: 1, outcome: 'cancelled' }])
          await queue.deleteJob(id)
        }
      },
    )

    inUniverse(
      bigBang,
      'settled together with others keeps its own result and its own key',
      async (universe) => {
        const { queue } = universe
        const keys = ['a', undefined, 'c', undefined]
        const ids: string[] = []
        for (const uniqueKey of keys) ids.push(await addOne(queue, { uniqueKey }))
        const hand = await Hand.join(queue)
        const [first, second, third, last] = (await hand.claim(4)) as FourClaimed
        await queue.resetJob(third.job.id, { ifRunning: 'cancel' })
        const { lost } = await hand.settle(
          outcome.succeeded(first, '"one"'),
          outcome.succeeded(second),
          outcome.succeeded(third, '"three"'),
          outcome.succeeded(last, '{"four": "\\"{4},\\\\"}'),
        )
        expect(lost).toEqual([])
        const jobs = await Promise.all(ids.map((id) => queue.getJob(id)))
        expect(jobs.map((job) => job?.state)).toEqual(['succeeded', 'succeeded', 'available', 'succeeded'])
        expect(jobs.map((job) => job?.result)).toEqual(['one', null, null, { four: '"{4},\\' }])
        expect(await addOne(queue, { uniqueKey: 'c' })).toBe(ids[2])
        expect(await addOne(queue, { uniqueKey: 'a' })).not.toBe(ids[0])
      },
    )

    inUniverse(
      bigBang,
      'whose bundle and key its worker does not name ends all the same, with its result and its time',
      async ({ queue, age }) => {
        const keyed = await addOne(queue, { uniqueKey: 'k' })
        const jobs = [{ type: 'work', payload: {} }]
        const bundle = await queue.addBundle({ type: 'b', origin: 'o', jobs })
        const hand = await Hand.join(queue)
        const claimed = await hand.claimAhead(2, 2)
        await age(10_000)
        const ends = claimed.map((one) => ({ ...outcome.succeeded(keyOf(one), '"done"'), ranMs: 4_000 }))
        const { lost, busy } = await hand.settle(...ends)
        expect([...lost, ...busy]).toEqual([])
        for (const id of [keyed, bundle.jobs[0]?.id as string]) {
          const job = (await queue.getJob(id)) as Job
          expect(job).toMatchObject({ state: 'succeeded', result: 'done' })
          expect(Number(job.stoppedAt) - Number(job.startedAt)).toBe(4_000)
        }
        expect(await queue.getJobBundle(bundle.id)).toMatchObject({ numJobsStopped: 1 })
        expect(await addOne(queue, { uniqueKey: 'k' })).not.toBe(keyed)
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

type FourClaimed = readonly [ClaimedJob, ClaimedJob, ClaimedJob, ClaimedJob]

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
