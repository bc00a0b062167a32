import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor, type RatioWish } from '../bench-case.ts'
import { deleting } from '../deleting.ts'
import { measureDrain } from '../measure-drain.ts'

const WEEK_HOURS = 7 * 24
const LANES = [
  { name: 'nothing to delete', stoppedHoursAgo: 1, pause: null },
  { name: 'deleting 100 a second', stoppedHoursAgo: WEEK_HOURS + 1, pause: 'steady' },
  { name: 'catching up', stoppedHoursAgo: WEEK_HOURS + 1, pause: 'own' },
] as const

export const retention: BenchCase = {
  name: 'retention',
  what: 'A backlog is worked off at 10 threads beside 1,000,000 stopped jobs (10,000,000 with --scale 10): while none is old enough to go, while retention deletes as many as a load of 100 jobs/s leaves, and while it catches up on all of them.',
  lanes: (size) =>
    LANES.map(({ name, stoppedHoursAgo, pause }) => ({
      name: `ours, ${name}`,
      measure: (bench: Bench) =>
        measureDrain(bench, {
          contender: 'ours',
          backlog: {
            jobs: jobsFor({ ...size, scale: Math.min(size.scale, 1) }, 60_000),
            stopped: jobsFor(size, 1_000_000),
            stoppedHoursAgo,
          },
          around: pause === null ? undefined : (database) => deleting(database, pause),
        }),
    })),
  ratios: LANES.slice(1).map(
    ({ name }): RatioWish => ({
      of: `ours, ${name}`,
      to: 'ours, nothing to delete',
      column: 'rate',
      floor: 0.9,
      goal: 0.97,
    }),
  ),
  smokesAlone: true,
}
