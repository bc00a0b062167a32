import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor } from '../bench-case.ts'
import { measureWakeUps } from '../measure-wake-ups.ts'

const ADDERS = 32
const SLEEPERS = 4
const ALONE = 'ours, nobody there'
const WAYS = [
  { name: ALONE, sleepers: 0, concerned: false, frozen: false },
  { name: 'ours, asleep on other types', sleepers: SLEEPERS, concerned: false, frozen: false },
  { name: 'ours, asleep on this type for good', sleepers: SLEEPERS, concerned: true, frozen: true },
  { name: 'ours, asleep on this type', sleepers: SLEEPERS, concerned: true, frozen: false },
]

export const wakeUps: BenchCase = {
  name: 'wake-ups',
  what: '32 concurrent adders, each with a connection of its own, add one job a call: alone, and with 4 worker processes that sleep.',
  lanes: (size) =>
    WAYS.map(({ name, ...plan }) => ({
      name,
      measure: (bench: Bench) =>
        measureWakeUps(bench, { jobs: jobsFor(size, 20_000), adders: ADDERS, ...plan }),
    })),
  ratios: WAYS.slice(1).map(({ name, frozen, concerned }) => ({
    of: name,
    to: ALONE,
    column: 'rate',
    ...((frozen || !concerned) && { floor: 0.9 }),
  })),
  notes: [
    'Those that sleep on this type for good have stopped where they were: they are woken all the time and never wake. Those of the last row wake and work, and take the processor from the adders: it is shown, not judged.',
  ],
}
