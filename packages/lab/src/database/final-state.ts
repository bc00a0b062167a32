import { brokenInvariants } from '@jq/testing/lab'
import type pg from 'pg'
import { type JournalRow, readJournal } from './journal.ts'

/** A job as it stands in the end. */
export interface FinalJob {
  readonly id: string
  readonly seq: string
  readonly label: string
  readonly does: string
  readonly bundleId: string | null
  readonly state: string
  readonly attempt: number
  readonly workerId: string | null
  readonly result: { readonly attempt?: number; readonly workerId?: string } | null
}

export interface FinalBundle {
  readonly id: string
  readonly numJobs: number
  readonly epoch: number
  readonly isStopped: boolean
}

/** What the database holds once everything has come to rest. */
export interface FinalState {
  readonly jobs: readonly FinalJob[]
  readonly bundles: readonly FinalBundle[]
  readonly effects: readonly { readonly jobId: string; readonly attempt: number }[]
  readonly journal: readonly JournalRow[]
  /** What a look at any moment found broken, the last one included. */
  readonly broken: readonly string[]
  /** What `getStats` answers, and what the rows say. */
  readonly stats: Readonly<Record<string, number>>
  readonly counted: Readonly<Record<string, number>>
  /** Connections of the queue that are still there although all its processes have ended. */
  readonly backends: readonly string[]
}

/** Reads all of it in one snapshot. */
export async function readFinalState(
  client: pg.ClientBase,
  looked: { broken: readonly string[]; stats: Readonly<Record<string, number>> },
): Promise<FinalState> {
  const rows = async (sql: string) => (await client.query(sql)).rows
  await client.query('begin isolation level repeatable read')
  const state: FinalState = {
    jobs: await rows(JOBS),
    bundles: await rows(BUNDLES),
    effects: await rows('select job_id as "jobId", attempt from lab.effect'),
    journal: await readJournal(client),
    broken: [...looked.broken, ...(await brokenInvariants(rows))],
    stats: looked.stats,
    counted: Object.fromEntries((await rows(COUNTS)).map(({ state, n }) => [state, n])),
    backends: (await rows(BACKENDS)).map(({ shown }) => shown),
  }
  await client.query('commit')
  return state
}

const JOBS = `
select j.id, j.seq::text, j.payload ->> 'label' as label, j.payload ->> 'does' as does, j.bundle_id as "bundleId", v.state,
  v.attempt, s.worker_id as "workerId", s.result
from worker.job j join worker.job_status v on v.id = j.id left join worker.job_stopped s on s.seq = j.seq`

const BUNDLES = `
select id, num_jobs as "numJobs", epoch, stopped_at is not null as "isStopped" from worker.job_bundle`

const COUNTS = 'select state, count(*)::int as n from worker.job_status group by 1'

const BACKENDS = `
select application_name || ' ' || coalesce(state, '') || ' ' || left(query, 80) as shown from pg_stat_activity
where backend_type = 'client backend' and application_name like 'jobqueue%'`
