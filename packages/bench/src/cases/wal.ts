import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor, type Measurement } from '../bench-case.ts'
import { measureAdding } from '../measure-adding.ts'
import { measureDrain } from '../measure-drain.ts'

export const wal: BenchCase = {
  name: 'wal',
  what: 'Bytes of write-ahead log that a job costs, whole pages aside: from claim to settle at 10 threads, and in its whole life, added 1,000 a call. Nobody listens, no unique keys.',
  lanes: (size) =>
    ['ours', 'graphile-worker', 'pg-boss'].map((contender) => ({
      name: contender,
      measure: (bench: Bench) => measureLife(bench, contender, jobsFor(size, 5_000)),
    })),
  ratios: [
    { of: 'ours', to: null, column: 'claim and settle B', floor: 650, goal: 500, atMost: true },
    { of: 'ours', to: null, column: 'whole life B', floor: 1_200, goal: 900, atMost: true },
  ],
  notes: ['graphile-worker deletes a job that succeeded; the others keep it.'],
  smokesAlone: true,
}

async function measureLife(bench: Bench, contender: string, jobs: number): Promise<Measurement> {
  const added = await measureAdding(bench, contender, { order: 'add-many', count: jobs, size: 1_000 })
  const worked = await measureDrain(bench, { contender, backlog: { jobs } })
  return {
    'add B': own(added),
    'claim and settle B': own(worked),
    'whole life B': own(added) + own(worked),
    'whole pages B': (added.pageBytes as number) + (worked.pageBytes as number),
  }
}

function own({ walBytes = Number.NaN, pageBytes = Number.NaN }: Measurement): number {
  return walBytes - pageBytes
}
