import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'

const CONTENDERS = ['ours', 'graphile-worker', 'pg-boss']

export const addMany: BenchCase = {
  name: 'add-many',
  what: 'One process adds 50,000 jobs, 1,000 in a call; ours also as bundles of 1,000 and as one of 10,000, which the others lack.',
  lanes: (size) => {
    const count = jobsFor(size, 50_000)
    return [
      ...CONTENDERS.map((contender) => ({
        name: contender,
        measure: (bench: Bench) => measureAdding(bench, contender, { order: 'add-many', count, size: 1_000 }),
      })),
      {
        name: 'ours, bundles',
        measure: (bench: Bench) => measureAdding(bench, 'ours', { order: 'add-bundles', count, size: 1_000 }),
      },
      {
        name: 'ours, a bundle of 10,000',
        measure: (bench: Bench) => {
          const all = jobsFor(size, 10_000)
          return measureAdding(bench, 'ours', { order: 'add-bundles', count: all, size: all })
        },
      },
    ]
  },
  ratios: ['ours', 'ours, bundles'].flatMap((of) => [
    { of, to: 'graphile-worker', column: 'rate', floor: 1.4 },
    { of, to: 'pg-boss', column: 'rate', floor: 2 },
  ]),
}
