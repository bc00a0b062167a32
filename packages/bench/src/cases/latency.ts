import type { Bench } from '../bench.ts'
import { type BenchCase, contenders, jobsFor } from '../bench-case.ts'
import { measureLatency } from '../measure-latency.ts'

export const latency: BenchCase = {
  name: 'latency',
  what: 'From the call of add in one process until the handler is entered in another one, one job at a time in an idle queue, 10 threads.',
  lanes: (size) => [
    ...contenders(size).map((contender) => ({
      name: contender,
      measure: (bench: Bench) => measureLatency(bench, contender, {}, jobsFor(size, 300, 3)),
    })),
    ...['ours', 'graphile-worker'].map((contender) => ({
      name: `${contender} at its best`,
      measure: (bench: Bench) => measureLatency(bench, contender, { best: true }, jobsFor(size, 300, 3)),
    })),
  ],
  ratios: ['p50', 'p99'].flatMap((column) => [
    { of: 'ours', to: 'graphile-worker', column, floor: 0.8, atMost: true },
    { of: 'ours', to: 'pg-boss', column, atMost: true },
    { of: 'ours', to: 'BullMQ', column, goal: 1, atMost: true },
    { of: 'ours at its best', to: 'graphile-worker at its best', column, atMost: true },
  ]),
  notes: [
    'The best settings are those for a backlog. pg-boss has none for single jobs beyond NOTIFY, which it has here in any case.',
  ],
}
