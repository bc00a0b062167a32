import type { Bench } from '../bench.ts'
import { type BenchCase, contenders, jobsFor, type RatioWish } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'
import { measureSqlLimit } from '../measure-sql-limit.ts'

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
      ...contenders(size).map((contender) => ({
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
    ...versus('10t 1p', 'graphile-worker', { floor: 4.5, goal: 6 }),
    ...versus('10t 1p', 'pg-boss', { floor: 10, goal: 14 }),
    ...versus('10t 1p', 'BullMQ', { goal: 1 }),
    ...['10t 2p', '4t 1p', '4t 2p'].flatMap((shape) =>
      ['graphile-worker', 'pg-boss', 'BullMQ'].flatMap((peer) => versus(shape, peer)),
    ),
    ...SHAPES.flatMap((shape) => versus(nameOf(shape), 'SQL alone')),
  ],
  notes: [
    "The floor of 10 times go-jobqueue's design, and the goal of 14, are not judged: that is a program in Go, which this bench does not build.",
  ],
}

function nameOf({ threads, processes }: { threads: number; processes: number }): string {
  return `${threads}t ${processes}p`
}

function versus(shape: string, peer: string, asked: { floor?: number; goal?: number } = {}): RatioWish[] {
  return [{ of: `ours ${shape}`, to: `${peer} ${shape}`, column: 'rate', ...asked }]
}
