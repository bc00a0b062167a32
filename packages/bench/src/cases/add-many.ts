import type { Bench } from '../bench.ts'
import { type BenchCase, contenders, jobsFor } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'

export const addMany: BenchCase = {
  name: 'add-many',
  what: 'One process adds 50,000 jobs, 1,000 in a call; ours also as bundles of 1,000 and as one of 10,000, which the others lack. COPY is no queue: the same rows into the same tables.',
  lanes: (size) => {
    const count = jobsFor(size, 50_000)
    const lane = (
      name: string,
      contender: string,
      order: 'add-many' | 'add-bundles',
      jobs: number,
      a: number,
    ) => ({
      name,
      measure: (bench: Bench) => measureAdding(bench, contender, { order, count: jobs, size: a }),
    })
    const bundle = jobsFor(size, 10_000)
    return [
      ...contenders(size).map((contender) => lane(contender, contender, 'add-many', count, 1_000)),
      lane('ours, bundles', 'ours', 'add-bundles', count, 1_000),
      lane('ours, a bundle of 10,000', 'ours', 'add-bundles', bundle, bundle),
      lane('COPY', 'COPY', 'add-many', count, 1_000),
      lane('COPY, all at once', 'COPY', 'add-many', count, count),
    ]
  },
  ratios: ['ours', 'ours, bundles'].flatMap((of) => [
    { of, to: 'graphile-worker', column: 'rate', floor: 1.4 },
    { of, to: 'pg-boss', column: 'rate', floor: 2 },
    { of, to: 'BullMQ', column: 'rate' },
    { of, to: 'COPY', column: 'rate', goal: 0.8 },
    { of, to: 'COPY, all at once', column: 'rate' },
  ]),
  notes: [
    'The goal is judged by COPY with as many commits, 1,000 rows in each; bundles fill an index more than it does.',
  ],
}
