import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureHeldSnapshot } from '../measure-held-snapshot.ts'

export const heldSnapshot: BenchCase = {
  name: 'held-snapshot',
  what: 'The rate at 10 threads at the start and after 80,000 jobs, while another session holds an old snapshot. The 80,000 pass by what is measured where that is quick enough (ours), else by the best settings.',
  lanes: (size) =>
    ['ours', 'ours (passed fast)', 'graphile-worker', 'pg-boss'].map((name) => ({
      name,
      measure: (bench: Bench) =>
        measureHeldSnapshot(bench, {
          contender: name.split(' ')[0] as string,
          window: jobsFor(size, 2_000),
          passing: jobsFor(size, 80_000),
          passFast: name !== 'ours',
        }),
    })),
  ratios: ['ours', 'ours (passed fast)', 'graphile-worker', 'pg-boss'].map((name) => ({
    of: name,
    to: name,
    column: 'rate after',
    over: 'rate at start',
    ...(name.startsWith('ours') && { floor: 0.7, goal: 1 }),
  })),
}
