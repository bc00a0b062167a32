import type { Bench } from '../bench.ts'
import type { BenchCase, RatioWish } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'

const LANES = [
  { name: 'ours', contender: 'ours', best: false, jobs: 10_000 },
  { name: 'ours at its best', contender: 'ours', best: true, jobs: 50_000 },
  { name: 'graphile-worker at its best', contender: 'graphile-worker', best: true, jobs: 50_000 },
  { name: 'pg-boss at its best', contender: 'pg-boss', best: true, jobs: 50_000 },
]

export const othersAround: BenchCase = {
  name: 'others-around',
  what: 'A backlog is worked off alone, with 100,000 jobs of the future in the database, and (ours) with 1,000,000 stopped ones, and with both.',
  lanes: (size) => {
    const future = jobsFor(size, 100_000)
    const stopped = jobsFor(size, 1_000_000)
    return LANES.flatMap(({ name, contender, best, jobs }) => {
      const around = [
        { with: 'alone', backlog: {} },
        { with: '100,000 future', backlog: { future } },
        ...(contender === 'ours'
          ? [
              { with: '1,000,000 stopped', backlog: { stopped } },
              { with: 'both', backlog: { future, stopped } },
            ]
          : []),
      ]
      return around.map((others) => ({
        name: `${name}, ${others.with}`,
        measure: (bench: Bench) =>
          measureDrain(bench, { contender, best, backlog: { jobs: jobsFor(size, jobs), ...others.backlog } }),
      }))
    })
  },
  ratios: LANES.flatMap(({ name }) =>
    (name.startsWith('ours') ? ['100,000 future', '1,000,000 stopped', 'both'] : ['100,000 future']).map(
      (others): RatioWish => ({
        of: `${name}, ${others}`,
        to: `${name}, alone`,
        column: 'rate',
        ...(name.startsWith('ours') && { floor: 0.9, goal: 1 }),
      }),
    ),
  ),
  smokesAlone: true,
}
