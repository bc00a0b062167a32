import type { Bench } from '../bench.ts'
import type { BenchCase, RatioWish } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'
import { measureSqlLimit } from '../measure-sql-limit.ts'

const CONTENDERS = ['ours', 'graphile-worker', 'pg-boss']
/** Enough for a second of ours, and no more than some seconds of the slowest. */
const JOBS = 10_000
const SHAPES = [
  { threads: 4, processes: 1 },
  { threads: 10, processes: 1 },
  { threads: 4, processes: 2 },
  { threads: 10, processes: 2 },
]

export const drain: BenchCase = {
  name: 'drain',
  what: 'A backlog of jobs that do nothing is worked off by so many threads (t) and processes (p): strict order, defaults, results kept.',
  lanes: (size) =>
    SHAPES.flatMap((shape) => [
      ...CONTENDERS.map((contender) => ({
        name: `${contender} ${nameOf(shape)}`,
        measure: (bench: Bench) =>
          measureDrain(bench, { contender, ...shape, backlog: { jobs: jobsFor(size, JOBS) } }),
      })),
      {
        name: `SQL alone ${nameOf(shape)}`,
        measure: (bench: Bench) =>
          measureSqlLimit(bench, {
            jobs: jobsFor(size, JOBS),
            batch: shape.threads,
            processes: shape.processes,
          }),
      },
    ]),
  ratios: [
    ...versus('10t 1p', 'graphile-worker', 4.5, 6),
    ...versus('10t 1p', 'pg-boss', 10, 14),
    ...versus('10t 2p', 'graphile-worker'),
    ...versus('10t 2p', 'pg-boss'),
    ...versus('4t 1p', 'graphile-worker'),
    ...versus('4t 2p', 'graphile-worker'),
    ...versus('10t 1p', 'SQL alone'),
  ],
}

function nameOf({ threads, processes }: { threads: number; processes: number }): string {
  return `${threads}t ${processes}p`
}

function versus(shape: string, peer: string, floor?: number, goal?: number): RatioWish[] {
  return [{ of: `ours ${shape}`, to: `${peer} ${shape}`, column: 'rate', floor, goal }]
}
