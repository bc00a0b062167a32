import type { Bench } from '../bench.ts'
import type { BenchCase, RatioWish } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'

const LANES = [
  { name: 'ours', contender: 'ours', best: false, jobs: 10_000 },
  { name: 'ours at its best', contender: 'ours', best: true, jobs: 50_000 },
  { name: 'graphile-worker at its best', contender: 'graphile-worker', best: true, jobs: 50_000 },
]

export const types: BenchCase = {
  name: 'types',
  what: 'The jobs are of 1, 10 or 50 types, with a handler for each. For pg-boss each type is a queue with workers of its own, so it is not compared.',
  lanes: (size) =>
    [1, 10, 50].flatMap((types) =>
      LANES.map(({ name, contender, best, jobs }) => ({
        name: `${name}, ${types} types`,
        measure: (bench: Bench) =>
          measureDrain(bench, { contender, best, types, backlog: { jobs: jobsFor(size, jobs), types } }),
      })),
    ),
  ratios: LANES.map(
    ({ name }): RatioWish => ({
      of: `${name}, 50 types`,
      to: `${name}, 1 types`,
      column: 'rate',
      ...(name.startsWith('ours') && { floor: 0.65, goal: 0.85 }),
    }),
  ),
  smokesAlone: true,
}
