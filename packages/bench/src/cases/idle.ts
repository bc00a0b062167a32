import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { measureIdle } from '../measure-idle.ts'

export const idle: BenchCase = {
  name: 'idle',
  what: 'What one process that waits for work asks of the database, all its loops together, over a minute; all at the same time.',
  lanes: ({ smoke }) =>
    ['ours', 'graphile-worker', 'pg-boss'].flatMap((contender) =>
      [false, true].map((best) => ({
        name: `${contender}${best ? ' at its best' : ''}`,
        measure: (bench: Bench) => measureIdle(bench, contender, best, smoke ? 1 : 60),
      })),
    ),
  ratios: [{ of: 'ours', to: null, column: 'statements/s', floor: 0.3, goal: 0.2, atMost: true }],
  atOnce: true,
}
