import type { PreparedJob } from '@jq/core/internal'
import type { JobRow } from './rows.ts'
import type { Tables } from './tables.ts'
import { anew, makeWait } from './take-place.ts'
import { tellChange } from './tell-change.ts'

/** To which bundle jobs belong, whose stop adds them, and before when none of them starts. */
export interface Belonging {
  readonly bundleId?: string
  readonly afterBundleId?: string
  readonly notBefore?: number | null
  /** Whose schedule's. */
  readonly schedule?: { readonly name: string; readonly key: string }
}

/** The id of a job, or of the one that stands in its way. */
export interface Stored {
  readonly id: string
  readonly added: boolean
}

/** Adds jobs, each to jobs and to the place where it waits. A known id is left as it is, and a unique key that is held refuses. */
export function storeJobs(tables: Tables, jobs: readonly PreparedJob[], belonging: Belonging = {}): Stored[] {
  return jobs.map((job) => {
    const holder = holderOf(tables, job)
    if (holder !== undefined) return { id: holder, added: false }
    const row = rowOf(tables, job, belonging)
    tables.addJob(row)
    if (row.uniqueKey !== null) tables.keys.set(row.uniqueKey, row.seq)
    makeWait(tables, row, anew(row.seq, 0), { startAt: row.startAt, retrying: false })
    tellChange(tables, row, null)
    return { id: job.id, added: true }
  })
}

/** A repeated id is a duplicate in whatever state its job is, key or no key. */
function holderOf(tables: Tables, { id, uniqueKey }: PreparedJob): string | undefined {
  if (tables.seqs.has(id)) return id
  const holder = uniqueKey === null ? undefined : tables.keys.get(uniqueKey)
  return holder === undefined ? undefined : tables.jobs.get(holder)?.id
}

function rowOf(tables: Tables, job: PreparedJob, belonging: Belonging): JobRow {
  const { bundleId, afterBundleId, notBefore, schedule } = belonging
  const { startAt, runAfterMs, idIsNew: _, ...asked } = job
  const own = startAt?.getTime() ?? (runAfterMs === null ? null : tables.now + runAfterMs)
  const dues = [own, notBefore].filter((due) => due != null)
  return {
    ...asked,
    seq: tables.nextSeq(),
    bundleId: bundleId ?? null,
    afterBundleId: afterBundleId ?? null,
    scheduleName: schedule?.name ?? null,
    scheduleKey: schedule?.key ?? null,
    startAt: dues.length === 0 ? null : Math.max(...dues),
    createdAt: tables.now,
  }
}
