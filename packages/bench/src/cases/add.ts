import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'

export const add: BenchCase = {
  name: 'add',
  what: 'One process adds jobs one by one, by so many concurrent callers, each of which waits until its job is in the database.',
  lanes: (size) =>
    [1, 10, 100].flatMap((callers) =>
      ['ours', 'graphile-worker', 'pg-boss'].map((contender) => ({
        name: `${contender} ${callers}c`,
        measure: (bench: Bench) =>
          measureAdding(bench, contender, {
            order: 'add',
            count: jobsFor(size, JOBS[callers] ?? 0),
            callers,
          }),
      })),
    ),
  ratios: [1, 10, 100].flatMap((callers) =>
    ['graphile-worker', 'pg-boss'].map((peer) => ({
      of: `ours ${callers}c`,
      to: `${peer} ${callers}c`,
      column: 'rate',
      ...(callers === 10 && { floor: 10, goal: 15 }),
    })),
  ),
}

/** So many for each number of callers. */
const JOBS: Record<number, number> = { 1: 2_000, 10: 8_000, 100: 10_000 }
