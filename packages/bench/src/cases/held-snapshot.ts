import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor } from '../bench-case.ts'
import { measureHeldSnapshot } from '../measure-held-snapshot.ts'

/** Those who are quick are measured for longer. */
const LANES = [
  { name: 'ours', window: 5_000, passFast: false },
  { name: 'ours (passed fast)', window: 5_000, passFast: true },
  { name: 'graphile-worker', window: 2_000, passFast: true },
  { name: 'pg-boss', window: 2_000, passFast: true },
]

export const heldSnapshot: BenchCase = {
  name: 'held-snapshot',
  what: 'The rate at 10 threads at the start and after 80,000 jobs, while another session holds an old snapshot. The 80,000 pass by what is measured where that is quick enough (ours), else by the best settings.',
  lanes: (size) =>
    LANES.map(({ name, window, passFast }) => ({
      name,
      measure: (bench: Bench) =>
        measureHeldSnapshot(bench, {
          contender: name.split(' ')[0] as string,
          window: jobsFor(size, window),
          passing: jobsFor(size, 80_000),
          passFast,
        }),
    })),
  ratios: LANES.map(({ name }) => ({
    of: name,
    to: name,
    column: 'rate after',
    over: 'rate at start',
    ...(name.startsWith('ours') && { floor: 0.7, goal: 1 }),
  })),
  smokesAlone: true,
}
