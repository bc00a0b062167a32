import type { Sample, SampledState } from '@jq/core/internal'
import { stateOf } from './read-jobs.ts'
import { readTypes } from './read-types.ts'
import type { Tables } from './tables.ts'
import { aliveAt, isAlive } from './worker-life.ts'

const STATES: readonly SampledState[] = ['scheduled', 'available', 'running', 'retrying', 'failed', 'dead']

/** What waits, works and lags: to one process at a time. In memory everything is counted. */
export function sample(tables: Tables, samplerId: string, everyMs: number): Sample | null {
  const last = tables.sampling.get('it')
  if (
    last !== undefined &&
    last.sampler !== samplerId &&
    last.at >= tables.now - Math.max(2 * everyMs, 90_000)
  )
    return null
  tables.sampling.set('it', { sampler: samplerId, at: tables.now })
  const workers = [...tables.workers.values()]
  const working = workers.filter(({ stoppedAt }) => stoppedAt === null)
  const alive = working.filter(({ id }) => isAlive(tables, id)).length
  return {
    jobs: STATES.flatMap((state) => counted(tables, state)),
    capped: [],
    oldestWaiting: readTypes(tables).map(({ type, oldestWaitingAgeMs: ageMs }) => ({ type, ageMs })),
    bundles: openBundles(tables),
    missedTicks: [...tables.missedTicks].map(([schedule, ticks]) => ({ schedule, ticks })),
    deleted: [], // in memory nothing is outdated
    mismatchedBundles: 0,
    workers: { alive, silent: working.length - alive, stopped: workers.length - working.length },
    heartbeats: working.flatMap((worker) => {
      const heardAt = aliveAt(worker, tables.now)
      return heardAt === null ? [] : [{ workerId: worker.id, ageMs: tables.now - heardAt }]
    }),
    schedules: lagging(tables),
    tables: [],
  }
}

function counted(tables: Tables, state: SampledState): Sample['jobs'] {
  const jobs = [...tables.jobs.values()].filter((job) => stateOf(tables, job) === state)
  const byType = Map.groupBy(jobs, ({ type }) => type)
  return [...byType].map(([type, jobs]) => ({ type, state, jobs: jobs.length }))
}

function openBundles(tables: Tables): Sample['bundles'] {
  const open = [...tables.bundles.values()].filter(({ stoppedAt }) => stoppedAt === null)
  return [...Map.groupBy(open, ({ type }) => type)].flatMap(([type, bundles]) =>
    [false, true].flatMap((hasError) => {
      const some = bundles.filter(({ numFailed }) => numFailed > 0 === hasError)
      return some.length === 0 ? [] : [{ type, hasError, bundles: some.length }]
    }),
  )
}

function lagging(tables: Tables): Sample['schedules'] {
  const lags = new Map<string, number>()
  for (const { asked, nextRunAt, pausedAt } of tables.schedules.values()) {
    if (nextRunAt === null || nextRunAt > tables.now || pausedAt !== null) continue
    lags.set(asked.name, Math.max(lags.get(asked.name) ?? 0, tables.now - nextRunAt))
  }
  return [...lags].map(([name, lagMs]) => ({ name, lagMs }))
}
