import type { Sample, SampledState } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import { intervalText } from './interval-text.ts'

/** Measures the queue, where nobody else does. */
export function sample(
  statements: Statements,
  samplerId: string,
  everyMs: number,
): CompiledQuery<{ sample: string | null }> {
  return call(statements, 'sample', { its_id: samplerId, every: intervalText(everyMs) }, 'sample::text')
}

interface StoredSample {
  readonly jobs: readonly (readonly [string, SampledState, number])[]
  readonly capped: Readonly<Partial<Record<Sample['capped'][number], boolean>>>
  readonly oldest: readonly (readonly [string, number])[]
  readonly bundles: readonly (readonly [string, boolean, number])[]
  readonly tallies: readonly (readonly ['deleted' | 'mismatched' | 'missed', string, number])[]
  readonly workers: Sample['workers']
  readonly beats: readonly (readonly [string, number])[]
  readonly schedules: readonly (readonly [string, number])[]
  readonly tables: readonly (readonly [string, number])[]
}

export function sampleOf(text: string): Sample {
  const { jobs, capped, oldest, bundles, tallies, workers, beats, schedules, tables } = JSON.parse(
    text,
  ) as StoredSample
  const tallied = (kind: string) => tallies.filter(([what]) => what === kind)
  return {
    jobs: jobs.map(([type, state, count]) => ({ type, state, jobs: count })),
    capped: (Object.keys(capped) as Sample['capped'][number][]).filter((state) => capped[state]),
    oldestWaiting: oldest.map(([type, ageMs]) => ({ type, ageMs })),
    bundles: bundles.map(([type, hasError, count]) => ({ type, hasError, bundles: count })),
    missedTicks: tallied('missed').map(([, schedule, ticks]) => ({ schedule, ticks })),
    deleted: tallied('deleted').map(([, table, rows]) => ({ table, rows })),
    mismatchedBundles: tallied('mismatched').reduce((sum, [, , times]) => sum + times, 0),
    workers,
    heartbeats: beats.map(([workerId, ageMs]) => ({ workerId, ageMs })),
    schedules: schedules.map(([name, lagMs]) => ({ name, lagMs })),
    tables: tables.map(([table, deadRatio]) => ({ table, deadRatio })),
  }
}
