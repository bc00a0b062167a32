import type { Bench } from '../bench.ts'
import { type BenchCase, jobsFor } from '../bench-case.ts'
import { deleting } from '../deleting.ts'
import { measureDrain } from '../measure-drain.ts'

const WEEK_HOURS = 7 * 24
const LANES = [
  { name: 'ours, nothing to delete', stoppedHoursAgo: 1, around: undefined },
  { name: 'ours, deleting', stoppedHoursAgo: WEEK_HOURS + 1, around: deleting },
]

export const retention: BenchCase = {
  name: 'retention',
  what: 'A backlog is worked off at 10 threads beside 1,000,000 stopped jobs (10,000,000 with --scale 10): while none is old enough to go, and while all are and retention deletes them as it does beside work: for a twentieth of a second, once a second.',
  lanes: (size) =>
    LANES.map(({ name, stoppedHoursAgo, around }) => ({
      name,
      measure: (bench: Bench) =>
        measureDrain(bench, {
          contender: 'ours',
          backlog: {
            jobs: jobsFor({ ...size, scale: Math.min(size.scale, 1) }, 60_000),
            stopped: jobsFor(size, 1_000_000),
            stoppedHoursAgo,
          },
          around,
        }),
    })),
  ratios: [
    { of: 'ours, deleting', to: 'ours, nothing to delete', column: 'rate', floor: 0.9, goal: 0.97 },
    { of: 'ours, deleting', to: 'ours, nothing to delete', column: 'serverUs', atMost: true },
  ],
  smokesAlone: true,
}
