import type { JobBundle } from '@jq/core'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import type { JsonRow } from './read-jobs.ts'

/** A bundle without its members. */
export function readBundle({ kysely }: Statements, bundleId: string): CompiledQuery<JsonRow> {
  return kysely
    .selectFrom('job_bundle_status as b')
    .select(sql<string>`to_jsonb(b)::text`.as('row'))
    .where('b.id', '=', bundleId)
    .compile()
}

interface StoredBundle {
  id: string
  type: string
  origin: string
  num_jobs: number
  num_jobs_stopped: number
  num_jobs_failed: number
  epoch: number
  created_at: string
  updated_at: string
  stopped_at: string | null
}

export function bundleOf({ row }: JsonRow): Omit<JobBundle, 'jobs'> {
  const stored = JSON.parse(row) as StoredBundle
  return {
    id: stored.id,
    type: stored.type,
    origin: stored.origin,
    numJobs: stored.num_jobs,
    numJobsStopped: stored.num_jobs_stopped,
    numJobsFailed: stored.num_jobs_failed,
    epoch: stored.epoch,
    createdAt: new Date(stored.created_at),
    updatedAt: new Date(stored.updated_at),
    stoppedAt: stored.stopped_at === null ? null : new Date(stored.stopped_at),
  }
}
