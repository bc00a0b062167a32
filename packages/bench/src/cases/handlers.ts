import type { Bench } from '../bench.ts'
import { type BenchCase, contenders, jobsFor } from '../bench-case.ts'
import { measureDrain } from '../measure-drain.ts'

/** About the same time for each duration. */
const TIMES = [
  { handlerMs: 0, jobs: 10_000 },
  { handlerMs: 1, jobs: 6_000 },
  { handlerMs: 20, jobs: 1_500 },
]

export const handlers: BenchCase = {
  name: 'handlers',
  what: 'Handlers that take 0, 1 and 20 ms, 10 threads, defaults: 10 threads can do 10,000 and 500 a second.',
  lanes: (size) =>
    TIMES.flatMap(({ handlerMs, jobs }) =>
      contenders(size).map((contender) => ({
        name: `${contender}, ${handlerMs} ms`,
        measure: (bench: Bench) =>
          measureDrain(bench, { contender, handlerMs, backlog: { jobs: jobsFor(size, jobs) } }),
      })),
    ),
  ratios: TIMES.flatMap(({ handlerMs }) =>
    ['graphile-worker', 'pg-boss', 'BullMQ'].map((peer) => ({
      of: `ours, ${handlerMs} ms`,
      to: `${peer}, ${handlerMs} ms`,
      column: 'rate',
    })),
  ),
  notes: [
    'Not measured at the best settings: these let 24, 100 or 1,000 handlers run at once, and the rate would tell that number and no more.',
  ],
  smokesAlone: true,
}
