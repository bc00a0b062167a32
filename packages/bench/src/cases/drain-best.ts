import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'
import { measureSqlLimit } from '../measure-sql-limit.ts'

const JOBS = 60_000

export const drainBest: BenchCase = {
  name: 'drain-best',
  what: 'The same with the settings that each publishes as its best; nobody listens.',
  lanes: (size) =>
    [1, 2].flatMap((processes) => [
      ...['ours', 'graphile-worker', 'pg-boss'].map((contender) => ({
        name: `${contender} ${processes}p`,
        measure: (bench: Bench) =>
          measureDrain(bench, { contender, best: true, processes, backlog: { jobs: jobsFor(size, JOBS) } }),
      })),
      {
        name: `SQL alone ${processes}p`,
        measure: (bench: Bench) =>
          measureSqlLimit(bench, { jobs: jobsFor(size, JOBS), batch: 500, processes }),
      },
    ]),
  ratios: [
    { of: 'ours 1p', to: 'graphile-worker 1p', column: 'rate', floor: 1.6, goal: 2.5 },
    { of: 'ours 1p', to: 'pg-boss 1p', column: 'rate', floor: 2, goal: 3 },
    { of: 'ours 2p', to: 'graphile-worker 2p', column: 'rate', floor: 1.5, goal: 2.5 },
    { of: 'ours 2p', to: 'pg-boss 2p', column: 'rate', floor: 2.7, goal: 4 },
    { of: 'ours 1p', to: 'SQL alone 1p', column: 'rate' },
    { of: 'ours 2p', to: 'SQL alone 2p', column: 'rate' },
  ],
}
