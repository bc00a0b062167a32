import type { JobState } from '@jq/core'
import { stateOf } from './read-jobs.ts'
import type { JobRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** Tells of a job that is no longer in this state; null: it is new. The same state again is no change. */
export function tellChange(tables: Tables, job: JobRow, previous: JobState | null): void {
  const current = stateOf(tables, job)
  if (current === previous) return
  const { id: jobId, type: jobType, scheduleName, scheduleKey } = job
  tables.tell({ kind: 'change', jobId, jobType, scheduleName, scheduleKey, previous, current })
}
