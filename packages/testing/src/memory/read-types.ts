import type { JobTypeState } from '@jq/core'
import { waitedMs } from './read-counts.ts'
import type { JobRow } from './rows.ts'
import type { Tables } from './tables.ts'
import { isAlive } from './worker-life.ts'

/** The types of which a job is available or runs, and those that living workers handle. */
export function readTypes(tables: Tables): JobTypeState[] {
  const living = [...tables.workers.values()].filter(({ id }) => isAlive(tables, id))
  const waiting = jobsBy(tables, tables.available.keys())
  const running = jobsBy(tables, tables.running.keys())
  const known = living.flatMap(({ entry }) => entry.jobTypes)
  const types = new Set([...waiting.keys(), ...running.keys(), ...known])
  return [...types].sort().map((type) => ({
    type,
    waiting: waiting.get(type)?.length ?? 0,
    running: running.get(type)?.length ?? 0,
    oldestWaitingAgeMs: Math.max(0, ...(waiting.get(type) ?? []).map(({ seq }) => waitedMs(tables, seq))),
    workers: living.filter(({ entry }) => entry.jobTypes.includes(type)).length,
  }))
}

function jobsBy(tables: Tables, seqs: Iterable<number>): Map<string, JobRow[]> {
  const jobs = [...seqs].map((seq) => tables.jobs.get(seq) as JobRow)
  return Map.groupBy(jobs, ({ type }) => type)
}
