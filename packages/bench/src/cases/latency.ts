import type { Bench } from '../bench.ts'
import type { BenchCase } from '../bench-case.ts'
import { jobsFor } from '../bench-case.ts'
import { measureLatency } from '../measure-latency.ts'

export const latency: BenchCase = {
  name: 'latency',
  what: 'From the call of add in one process until the handler is entered in another one, one job at a time in an idle queue, 10 threads.',
  lanes: (size) =>
    ['ours', 'graphile-worker', 'pg-boss'].map((contender) => ({
      name: contender,
      measure: (bench: Bench) => measureLatency(bench, contender, {}, jobsFor(size, 300, 3)),
    })),
  ratios: ['p50', 'p99'].flatMap((column) => [
    { of: 'ours', to: 'graphile-worker', column, floor: 0.8, atMost: true },
    { of: 'ours', to: 'pg-boss', column, atMost: true },
  ]),
}
