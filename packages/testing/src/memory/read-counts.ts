import type { JobBundle, Stats } from '@jq/core'
import { statsOf } from '@jq/core/internal'
import { lastEndOf, stateOf } from './read-jobs.ts'
import type { BundleRow, JobRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** How many jobs are in each state. */
export function readStats(tables: Tables): Stats {
  const counts = new Map<ReturnType<typeof stateOf>, number>()
  for (const job of tables.jobs.values()) {
    const state = stateOf(tables, job)
    counts.set(state, (counts.get(state) ?? 0) + 1)
  }
  return statsOf(counts)
}

/** Milliseconds that the oldest available job has waited; 0 if none waits. */
export function oldestWaitingMs(tables: Tables): number {
  const waits = [...tables.available.keys()].map((seq) => waitedMs(tables, seq))
  return waits.reduce((longest, ms) => Math.max(longest, ms), 0)
}

/** For how long a job that is available has been so. */
export function waitedMs(tables: Tables, seq: number): number {
  const { createdAt, startAt } = tables.jobs.get(seq) as JobRow
  return tables.now - Math.max(createdAt, startAt ?? 0, lastEndOf(tables, seq))
}

/** A bundle without its members. */
export function bundleOf(row: BundleRow): Omit<JobBundle, 'jobs'> {
  return {
    id: row.id,
    type: row.type,
    origin: row.origin,
    numJobs: row.numJobs,
    numJobsStopped: row.numStopped,
    numJobsFailed: row.numFailed,
    epoch: row.epoch,
    createdAt: new Date(row.createdAt),
    updatedAt: new Date(row.updatedAt),
    stoppedAt: row.stoppedAt === null ? null : new Date(row.stoppedAt),
  }
}
