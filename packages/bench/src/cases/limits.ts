import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor } from '../bench-case.ts'
import type { Database } from '../database.ts'
import { measureDrain } from '../measure-drain.ts'
import { askOnce } from '../server.ts'

const ELSEWHERE = 'select worker.set_limit(t::text, 1, null, null, false) from generate_series(1, 100) t'
const A_LIMIT = `select worker.set_limit('bench-0', 1000, null, null, false)`
const A_RATE = `select worker.set_limit('bench-0', null, 1000000, 1000, false)`

const LANES = [
  { name: 'ours, no limits' },
  { name: 'ours, limits of other types', sql: ELSEWHERE },
  { name: 'ours, a limit', sql: A_LIMIT },
  { name: 'ours, a rate', sql: A_RATE },
  { name: 'ours, 100 groups', groups: 100 },
]

export const limits: BenchCase = {
  name: 'limits',
  what: 'A backlog of one type that has no limits, a limit of concurrency or of rate that it does not reach, or a hundred groups that take turns; also beside a hundred other types with limits.',
  lanes: (size) =>
    LANES.map(({ name, sql, groups }) => ({
      name,
      measure: (bench: Bench) =>
        measureDrain(bench, {
          contender: 'ours',
          backlog: { jobs: jobsFor(size, 10_000), groups },
          around: sql === undefined ? undefined : limited(sql),
        }),
    })),
  ratios: LANES.slice(1).map(({ name, sql }) => ({
    of: name,
    to: 'ours, no limits',
    column: 'rate',
    ...(sql === ELSEWHERE ? { floor: 0.95, goal: 1 } : { floor: 0.85, goal: 0.95 }),
  })),
  smokesAlone: true,
}

/** It goes with the database. */
function limited(sql: string) {
  return async ({ url }: Database): Promise<() => Promise<void>> => {
    await askOnce(url, sql)
    return async () => undefined
  }
}
