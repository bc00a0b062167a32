import { percentile } from '../report/percentile.ts'
import type { DatabaseLook } from './look-at-database.ts'
import type { Series } from './series.ts'
import type { ProcessSample } from './soak-talk.ts'

/** All that was seen at one moment. */
export interface Sample {
  /** Since the run began. */
  readonly seconds: number
  readonly processes: ReadonlyMap<string, ProcessSample>
  readonly database: DatabaseLook
  /** What commits by themselves took, in milliseconds. */
  readonly ownCommits: readonly number[]
}

/** The samples, figure by figure. */
export function seriesOf(samples: readonly Sample[]): readonly Series[] {
  const names = [...(samples[0]?.processes.keys() ?? [])]
  const sizes = Object.keys(samples[0]?.database.sizes ?? {}).toSorted()
  const of = (
    name: string,
    kind: Series['kind'],
    value: (sample: Sample) => number | null | undefined,
  ): Series => ({ name, kind, values: samples.map((sample) => value(sample) ?? null) })
  return [
    ...names.map((name) =>
      of(`${name}: resident memory`, 'memory', ({ processes }) => processes.get(name)?.rss),
    ),
    ...names.map((name) =>
      of(`${name}: heap in use`, 'memory', ({ processes }) => processes.get(name)?.heapUsed),
    ),
    ...names.map((name) =>
      of(`${name}: handles`, 'handles', ({ processes }) => processes.get(name)?.handles),
    ),
    of('connections to the server', 'connections', ({ database }) => database.connections),
    ...sizes.map((name) => of(name, 'size', ({ database }) => database.sizes[name])),
    of('dead tuples', 'dead tuples', ({ database }) => database.deadTuples),
    of('from add to handler, p50', 'wait', (sample) => waitOf(sample, 50)),
    of('from add to handler, p99', 'wait', (sample) => waitOf(sample, 99)),
    of('a commit by itself, p50', 'wait', ({ ownCommits }) => percentile(ownCommits, 50)),
  ]
}

/** Of the jobs that were entered since the sample before. */
function waitOf({ processes }: Sample, percent: number): number | null {
  const waits = [...processes.values()].flatMap((process) => process.waits)
  return waits.length === 0 ? null : percentile(waits, percent)
}
