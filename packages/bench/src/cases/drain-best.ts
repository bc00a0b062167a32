import type { Bench } from '../bench.ts'
import { type BenchCase, contenders, jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'
import { measureSqlLimit } from '../measure-sql-limit.ts'

const JOBS = 100_000

export const drainBest: BenchCase = {
  name: 'drain-best',
  what: 'The same with the settings that each publishes as its best. Nobody listens, but to one lane of ours, whose own process is told of each job that stopped.',
  lanes: (size) => {
    const backlog = { jobs: jobsFor(size, JOBS) }
    return [1, 2].flatMap((processes) => [
      ...contenders(size).map((contender) => ({
        name: `${contender} ${processes}p`,
        measure: (bench: Bench) => measureDrain(bench, { contender, best: true, processes, backlog }),
      })),
      {
        name: `ours ${processes}p, with a listener`,
        measure: (bench: Bench) =>
          measureDrain(bench, { contender: 'ours', best: true, processes, backlog, listens: true }),
      },
      {
        name: `SQL alone ${processes}p`,
        measure: (bench: Bench) => measureSqlLimit(bench, { jobs: backlog.jobs, batch: 500, processes }),
      },
    ])
  },
  ratios: [
    { of: 'ours 1p', to: 'graphile-worker 1p', column: 'rate', floor: 1.6, goal: 2.5 },
    { of: 'ours 1p', to: 'pg-boss 1p', column: 'rate', floor: 2, goal: 3 },
    { of: 'ours 1p', to: 'BullMQ 1p', column: 'rate', floor: 3.5, goal: 5 },
    { of: 'ours 2p', to: 'graphile-worker 2p', column: 'rate', floor: 1.5, goal: 2.5 },
    { of: 'ours 2p', to: 'pg-boss 2p', column: 'rate', floor: 2.7, goal: 4 },
    { of: 'ours 2p', to: 'BullMQ 2p', column: 'rate' },
    // The floors and goals above, times 0.8.
    { of: 'ours 1p, with a listener', to: 'graphile-worker 1p', column: 'rate', floor: 1.28, goal: 2 },
    { of: 'ours 1p, with a listener', to: 'pg-boss 1p', column: 'rate', floor: 1.6, goal: 2.4 },
    { of: 'ours 1p, with a listener', to: 'BullMQ 1p', column: 'rate', floor: 2.8, goal: 4 },
    { of: 'ours 1p, with a listener', to: 'ours 1p', column: 'rate' },
    { of: 'ours 2p, with a listener', to: 'ours 2p', column: 'rate' },
    { of: 'ours 1p', to: 'SQL alone 1p', column: 'rate' },
    { of: 'ours 2p', to: 'SQL alone 2p', column: 'rate' },
  ],
}
