import type { Bench } from '../bench.ts'
import type { BenchCase, RatioWish } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'

const SIZES = [1_000, 100_000, 1_000_000]
const LANES = [
  { name: 'ours', contender: 'ours', best: false, jobs: 6_000 },
  { name: 'ours at its best', contender: 'ours', best: true, jobs: 20_000 },
  { name: 'graphile-worker at its best', contender: 'graphile-worker', best: true, jobs: 20_000 },
  { name: 'pg-boss at its best', contender: 'pg-boss', best: true, jobs: 20_000 },
]

export const waiting: BenchCase = {
  name: 'waiting',
  what: 'The first jobs of a backlog are worked off while 1,000 to 1,000,000 others wait.',
  lanes: (size) =>
    SIZES.flatMap((waits) =>
      LANES.map(({ name, contender, best, jobs }) => ({
        name: `${name}, ${waits.toLocaleString('en-US')} waiting`,
        measure: (bench: Bench) => {
          const measured = jobsFor(size, jobs)
          const backlog = { jobs: measured + jobsFor(size, waits) }
          return measureDrain(bench, { contender, best, backlog, jobs: measured })
        },
      })),
    ),
  ratios: LANES.map(
    ({ name }): RatioWish => ({
      of: `${name}, 1,000,000 waiting`,
      to: `${name}, 100,000 waiting`,
      column: 'serverUs',
      atMost: true,
      ...(name.startsWith('ours') && { floor: 1.5, goal: 1.1 }),
    }),
  ),
  smokesAlone: true,
}
