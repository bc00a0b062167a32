import type { Bench } from '../bench.ts'
import { type BenchCase, contenders, jobsFor } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'

/** So many for each number of callers: a second and more of each. */
const JOBS = [
  { callers: 1, jobs: 2_000 },
  { callers: 10, jobs: 8_000 },
  { callers: 100, jobs: 20_000 },
]

export const add: BenchCase = {
  name: 'add',
  what: 'One process adds jobs one by one, by so many concurrent callers (c), each of which waits until its job is in the database.',
  lanes: (size) =>
    JOBS.flatMap(({ callers, jobs }) =>
      contenders(size).map((contender) => ({
        name: `${contender} ${callers}c`,
        measure: (bench: Bench) =>
          measureAdding(bench, contender, { order: 'add', count: jobsFor(size, jobs), callers }),
      })),
    ),
  ratios: JOBS.flatMap(({ callers }) =>
    ['graphile-worker', 'pg-boss', 'BullMQ'].map((peer) => ({
      of: `ours ${callers}c`,
      to: `${peer} ${callers}c`,
      column: 'rate',
      ...(callers === 10 && peer !== 'BullMQ' && { floor: 10, goal: 15 }),
    })),
  ),
}
