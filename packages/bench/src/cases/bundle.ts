import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor } from '../bench-case.ts'
import type { Database } from '../database.ts'
import { measureDrain } from '../measure-drain.ts'
import { askOnce } from '../server.ts'

const WAYS = [
  { name: 'ours 1p', best: false, processes: 1, slow: false },
  { name: 'ours 1p at its best', best: true, processes: 1, slow: false },
  { name: 'ours 1p, commits of 2 ms', best: false, processes: 1, slow: true },
  { name: 'ours 1p at its best, commits of 2 ms', best: true, processes: 1, slow: true },
  { name: 'ours 2p, commits of 2 ms', best: false, processes: 2, slow: true },
  { name: 'ours 2p at its best, commits of 2 ms', best: true, processes: 2, slow: true },
]

export const bundle: BenchCase = {
  name: 'bundle',
  what: '10,000 jobs (at its best 40,000) are worked off that are one bundle, and such that are none; also on a server whose commits take 2 ms more, as on a disk in a cloud, where all that settle wait for the one row of the bundle.',
  lanes: (size) =>
    WAYS.flatMap(({ name, best, processes, slow }) =>
      [false, true].map((isBundle) => ({
        name: `${name}, ${isBundle ? 'a bundle' : 'no bundle'}`,
        measure: (bench: Bench) =>
          measureDrain(bench, {
            contender: 'ours',
            best,
            processes,
            backlog: { jobs: jobsFor(size, best ? 40_000 : 10_000), bundle: isBundle },
            around: slow ? slowCommits : undefined,
          }),
      })),
    ),
  ratios: WAYS.map(({ name }) => ({
    of: `${name}, a bundle`,
    to: `${name}, no bundle`,
    column: 'rate',
    floor: 0.9,
    goal: 0.97,
  })),
}

/** The one who flushes the log sleeps first, and who commits meanwhile goes with it, as with a slow disk. */
async function slowCommits({ name, url }: Database): Promise<() => Promise<void>> {
  await askOnce(url, `alter database ${name} set commit_delay = 2000`)
  await askOnce(url, `alter database ${name} set commit_siblings = 0`)
  return async () => undefined // it goes with the database
}
