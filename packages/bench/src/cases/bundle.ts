import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'

export const bundle: BenchCase = {
  name: 'bundle',
  what: '10,000 jobs are worked off that are one bundle, and such that are none.',
  lanes: (size) =>
    [false, true].flatMap((best) =>
      [false, true].map((isBundle) => ({
        name: `ours${best ? ' at its best' : ''}, ${isBundle ? 'a bundle' : 'no bundle'}`,
        measure: (bench: Bench) => {
          const backlog = { jobs: jobsFor(size, 10_000), bundle: isBundle }
          return measureDrain(bench, { contender: 'ours', best, backlog })
        },
      })),
    ),
  ratios: ['ours', 'ours at its best'].map((who) => ({
    of: `${who}, a bundle`,
    to: `${who}, no bundle`,
    column: 'rate',
    floor: 0.9,
    goal: 0.97,
  })),
}
