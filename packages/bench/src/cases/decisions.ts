import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor, type Measurement, type Size } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'
import { measureDrain } from '../measure-drain.ts'
import { measureHeldSnapshot } from '../measure-held-snapshot.ts'
import { measureWakeUps } from '../measure-wake-ups.ts'

/** What a decision is for: where it is measured, and which of them are switched off there. */
interface Place {
  readonly name: string
  readonly without: readonly string[]
  measure(bench: Bench, contender: string, size: Size): Promise<Measurement>
}

const PLACES: readonly Place[] = [
  {
    name: '10 threads',
    without: ['one round trip', 'pinned plans', 'events on demand only'],
    measure: (bench, contender, size) =>
      measureDrain(bench, { contender, backlog: { jobs: jobsFor(size, 10_000) } }),
  },
  {
    name: 'at its best',
    without: ['one round trip', 'claiming ahead', 'events on demand only'],
    measure: (bench, contender, size) =>
      measureDrain(bench, { contender, best: true, backlog: { jobs: jobsFor(size, 50_000) } }),
  },
  {
    name: 'one type of 50',
    without: ['a probe for each type'],
    measure: (bench, contender, size) =>
      measureDrain(bench, {
        contender,
        backlog: { jobs: jobsFor(size, 100_000, 100), types: 50 },
        jobs: jobsFor(size, 2_000, 2),
      }),
  },
  {
    name: 'a bundle, at its best',
    without: ['counting by batch'],
    measure: (bench, contender, size) =>
      measureDrain(bench, { contender, best: true, backlog: { jobs: jobsFor(size, 40_000), bundle: true } }),
  },
  {
    name: 'after 20,000 under a held snapshot',
    without: ['the floor'],
    measure: async (bench, contender, size) => {
      const plan = { contender, window: jobsFor(size, 3_000), passing: jobsFor(size, 20_000), passFast: true }
      const { 'rate after': rate, ...rest } = await measureHeldSnapshot(bench, plan)
      return { rate: rate as number, ...rest }
    },
  },
  {
    name: '32 adders beside sleepers',
    without: ['gated notifications'],
    measure: (bench, contender, size) =>
      measureWakeUps(bench, {
        ...{ contender, jobs: jobsFor(size, 20_000), adders: 32 },
        ...{ sleepers: 4, concerned: false, frozen: false },
      }),
  },
  {
    name: '10 callers of add',
    without: [],
    measure: (bench, contender, size) =>
      measureAdding(bench, contender, { order: 'add', count: jobsFor(size, 5_000), callers: 10 }),
  },
  {
    name: '10 callers of add, an insert each',
    without: [],
    measure: (bench, contender, size) =>
      measureAdding(bench, contender, { order: 'add', count: jobsFor(size, 5_000), callers: 10 }, 10),
  },
]

export const decisions: BenchCase = {
  name: 'decisions',
  what: 'What the decisions of the design bring: each switched off, everything else as it is, where it is meant to help.',
  lanes: (size) =>
    PLACES.flatMap(({ name, without, measure }) => [
      { name, measure: (bench: Bench) => measure(bench, 'ours', size) },
      ...without.map((what) => ({
        name: `${name}, without ${what}`,
        measure: (bench: Bench) => measure(bench, `ours without ${what}`, size),
      })),
    ]),
  ratios: [
    ...PLACES.flatMap(({ name, without }) =>
      without.map((what) => ({ of: name, to: `${name}, without ${what}`, column: 'rate' })),
    ),
    { of: '10 callers of add', to: '10 callers of add, an insert each', column: 'rate' },
  ],
  smokesAlone: true,
}
