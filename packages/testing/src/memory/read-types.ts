import type { JobTypeState } from '@jq/core'
import { storedLimit } from '@jq/core/internal'
import { waitedMs } from './read-counts.ts'
import type { JobRow, LimitRow } from './rows.ts'
import type { Tables } from './tables.ts'
import { isAlive } from './worker-life.ts'

/** The types of which a job is available or runs, those that living workers handle, and those that are paused or limited. */
export function readTypes(tables: Tables): JobTypeState[] {
  const living = [...tables.workers.values()].filter(({ id }) => isAlive(tables, id))
  const waiting = jobsBy(tables, tables.available.keys())
  const running = jobsBy(tables, tables.running.keys())
  const known = living.flatMap(({ entry }) => entry.jobTypes)
  const limited = [...tables.limits].filter(
    ([, limit]) => limit.pausedAt !== null || storedLimit(limit) !== null,
  )
  const types = new Set([...waiting.keys(), ...running.keys(), ...known, ...limited.map(([type]) => type)])
  return [...types].sort().map((type) => ({
    type,
    waiting: waiting.get(type)?.length ?? 0,
    running: running.get(type)?.length ?? 0,
    oldestWaitingAgeMs: Math.max(0, ...(waiting.get(type) ?? []).map(({ seq }) => waitedMs(tables, seq))),
    ...limitsOf(tables.limits.get(type)),
    workers: living.filter(({ entry }) => entry.jobTypes.includes(type)).length,
  }))
}

function limitsOf(row: LimitRow | undefined): Pick<JobTypeState, 'pausedAt' | 'limit'> {
  if (row === undefined) return { pausedAt: null, limit: null }
  return { pausedAt: row.pausedAt === null ? null : new Date(row.pausedAt), limit: storedLimit(row) }
}

function jobsBy(tables: Tables, seqs: Iterable<number>): Map<string, JobRow[]> {
  const jobs = [...seqs].map((seq) => tables.jobs.get(seq) as JobRow)
  return Map.groupBy(jobs, ({ type }) => type)
}
