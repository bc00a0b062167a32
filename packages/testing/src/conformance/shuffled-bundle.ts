import { JobRunningError } from '@jq/core'
import type { ClaimedJob } from '@jq/core/internal'
import { expect } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { testSeed } from '../test-seed.ts'
import { Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

/** As many bundles are under way at once, so that one round is as many interleavings. */
const BUNDLES = 10
const INTERLEAVINGS = 1_000

export function shuffledBundleConforms(bigBang: BigBang): void {
  // S28
  inUniverse(
    bigBang,
    'a bundle counts its stopped members rightly, whatever is done to them at the same moment',
    async (universe) => {
      const seed = testSeed()
      console.info(`a bundle in ${INTERLEAVINGS} interleavings: seed ${seed}`)
      await countsRightly(universe, seed)
    },
  )
}

/** In each round thirty things happen at once, of those that may: resets, ends, late ends of lost attempts, claims, reaps. */
async function countsRightly({ queue, age, broken }: Universe, seed: number): Promise<void> {
  const random = seededRandom(seed)
  const members = Array.from({ length: 3 }, () => ({ type: 'work', payload: {}, maxRetryCount: 1 }))
  const bundles = await Promise.all(
    Array.from({ length: BUNDLES }, () => queue.addBundle({ type: 'b', origin: 'o', jobs: members })),
  )
  const jobs = bundles.flatMap((bundle) => bundle.jobs)
  const hands = await Promise.all([1, 2, 3].map(() => Hand.join(queue)))
  const claimed: { readonly hand: Hand; readonly job: ClaimedJob }[] = []
  const kinds = new Set<string>()
  const acts = {
    claim: async () => {
      const hand = random.pick(hands)
      claimed.push(...(await hand.claim(random.integer(1, 5))).map((job) => ({ hand, job })))
    },
    // One of the latest attempts, of which many are over by then; sometimes by a hand that never had it.
    settle: async () => {
      if (claimed.length === 0) return
      const { hand, job } = random.pick(claimed.slice(-2 * BUNDLES))
      const end = random.pick(Object.values(outcome))(job)
      const { lost } = await (random.next() < 0.1 ? random.pick(hands) : hand).settle(end)
      kinds.add(lost.length > 0 ? 'late' : end.kind)
    },
    reset: async () => {
      const options = random.pick([{}, { ifRunning: 'cancel' }] as const)
      const reset = queue.resetJob(random.pick(jobs).id, options)
      if (await reset.catch((error) => void expect(error).toBeInstanceOf(JobRunningError))) kinds.add('reset')
    },
    look: () => random.pick(hands).look(),
  }
  for (let round = 0; round < INTERLEAVINGS / BUNDLES; round++) {
    if (random.next() < 0.1) {
      await age(61_000)
      await random.pick(hands).beat()
    }
    const chosen = Array.from({ length: 3 * BUNDLES }, () =>
      random.pick(['claim', 'claim', 'settle', 'settle', 'settle', 'settle', 'reset', 'look'] as const),
    )
    await Promise.all(chosen.map((name) => acts[name]()))
    expect(await broken(), `seed ${seed}, round ${round}`).toEqual([])
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['late', 'reset', 'succeeded', 'failed', 'cancelled']))
  expect(
    Math.max(
      ...(await Promise.all(bundles.map(({ id }) => queue.getBundleState(id)))).map(
        ({ bundle }) => bundle.epoch,
      ),
    ),
  ).toBeGreaterThan(0)
}
