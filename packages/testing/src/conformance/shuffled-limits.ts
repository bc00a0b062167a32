import type { ClaimedJob } from '@jq/core/internal'
import { expect } from 'vitest'
import { seededRandom } from '../seeded-random.ts'
import { testSeed } from '../test-seed.ts'
import { Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

const ROUNDS = 12
const AT_ONCE = 12
const AN_HOUR = 3_600_000

/** The next follows in the same universe when the one before has had its rounds. */
const LIMITS = [
  { concurrency: 3, rate: { count: 1_000, per: '1h' }, perGroup: false },
  { concurrency: 2, rate: { count: 1_000, per: '1h' }, perGroup: true },
  { concurrency: 5, rate: { count: 4, per: '1h' }, perGroup: false },
] as const

export function shuffledLimitsConform(bigBang: BigBang): void {
  // P19
  inUniverse(
    bigBang,
    'a limit holds, whatever workers do at the same moment and whoever of them dies',
    async (universe) => {
      const seed = testSeed()
      console.info(`limits in ${LIMITS.length * ROUNDS} rounds: seed ${seed}`)
      await holds(universe, seed)
    },
  )
}

async function holds({ queue, age, broken }: Universe, seed: number): Promise<void> {
  const random = seededRandom(seed)
  let hands = await Promise.all([1, 2, 3, 4].map(() => Hand.join(queue)))
  let held: { readonly hand: Hand; readonly job: ClaimedJob }[] = []
  let started = 0
  const acts = {
    add: async () => {
      const groups = Array.from({ length: 3 }, () => random.pick([undefined, 'a', 'b', 'c']))
      await queue.addMany(groups.map((groupKey) => ({ type: 'work', payload: {}, groupKey })))
    },
    claim: async () => {
      const hand = random.pick(hands)
      const claimed = await hand.claim(random.integer(1, 4))
      started += claimed.length
      held.push(...claimed.map((job) => ({ hand, job })))
    },
    settle: async () => {
      if (held.length === 0) return
      const { hand, job } = random.pick(held)
      await hand.settle(random.pick(Object.values(outcome))(job))
    },
    look: () => random.pick(hands).look(),
    pause: async () => {
      await queue.pause('work')
      await queue.resume('work')
    },
  }
  for (const limit of LIMITS) {
    await age(61_000)
    hands = await Promise.all([1, 2, 3, 4].map(() => Hand.join(queue)))
    await hands[0]?.look() // and nobody runs anything any more
    held = []
    await queue.setLimit('work', limit)
    const before = started
    let hours = 0
    for (let round = 0; round < ROUNDS; round++) {
      const names = ['add', 'claim', 'claim', 'claim', 'settle', 'settle', 'settle', 'look', 'pause'] as const
      await Promise.all(Array.from({ length: AT_ONCE }, () => acts[random.pick(names)]()))
      const running = (await queue.getJobs({ state: 'running', limit: 1_000 })).jobs
      const counted = limit.perGroup
        ? [...Map.groupBy(running, ({ groupKey }) => groupKey).values()].map((jobs) => jobs.length)
        : [running.length]
      const why = `seed ${seed}, round ${round}, ${JSON.stringify(limit)}`
      expect(Math.max(0, ...counted), why).toBeLessThanOrEqual(limit.concurrency)
      // The real time that has passed meanwhile has no part in it.
      if (!limit.perGroup)
        expect(started - before, why).toBeLessThanOrEqual(limit.rate.count * (1 + hours) + 1)
      expect(await broken(), why).toEqual([])
      if (random.next() < 0.2) {
        await age(AN_HOUR)
        hours++
        hands = await Promise.all(hands.map((hand) => (random.next() < 0.5 ? hand : Hand.join(queue))))
        await Promise.all(hands.map((hand) => hand.beat()))
        await hands[0]?.look()
      }
    }
    // As many as the least of them allows while no hour passes.
    expect(started, `seed ${seed}`).toBeGreaterThanOrEqual(before + 4)
  }
}
