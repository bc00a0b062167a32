import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'

const LANES = ['ours', 'graphile-worker', 'pg-boss']

export const addMillion: BenchCase = {
  name: 'add-million',
  what: 'A million jobs are added, 1,000 in a call.',
  lanes: (size) =>
    LANES.map((contender) => ({
      name: contender,
      measure: (bench: Bench) =>
        measureAdding(bench, contender, { order: 'add-many', count: jobsFor(size, 1_000_000), size: 1_000 }),
    })),
  ratios: [
    { of: 'ours', to: 'graphile-worker', column: 'rate' },
    { of: 'ours', to: 'pg-boss', column: 'rate' },
  ],
  mostRounds: 3,
  smokesAlone: true,
}
