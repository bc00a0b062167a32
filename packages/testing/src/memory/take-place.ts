import type { AvailableRow, Counts, JobRow, RunningRow, ScheduledRow, StoppedRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** Takes a job that waits out of its place; undefined if it runs or has stopped. */
export function takeWaiting(tables: Tables, { seq }: JobRow): AvailableRow | ScheduledRow | undefined {
  return tables.takeAvailable(seq) ?? tables.takeScheduled(seq)
}

/** The same for jobs that run or have stopped as well. A job always stands somewhere. */
export function takeAnyPlace(tables: Tables, job: JobRow): { readonly stopped: StoppedRow | undefined } {
  if (takeWaiting(tables, job) !== undefined) return { stopped: undefined }
  if (takeRunning(tables, job.seq) !== undefined) {
    tables.wake({ kind: 'cancel' })
    return { stopped: undefined }
  }
  const stopped = tables.stopped.get(job.seq)
  if (stopped === undefined) throw new Error(`Job ${job.id} stands in no table`)
  tables.stopped.delete(job.seq)
  return { stopped }
}

export function takeRunning(tables: Tables, seq: number): RunningRow | undefined {
  const row = tables.running.get(seq)
  tables.running.delete(seq)
  return row
}

/** Puts a job that stands nowhere where a thread may take it now; one that has crashed, where it runs alone. */
export function makeAvailable(tables: Tables, { type, priority }: JobRow, counts: Counts): void {
  const { seq, attempt, retries, timeoutRetries, crashes } = counts
  tables.addAvailable({ seq, attempt, retries, timeoutRetries, crashes, type, priority, solo: crashes > 0 })
}

/** Puts a job that stands nowhere where it waits for its time, if that lies ahead. */
export function makeWait(
  tables: Tables,
  job: JobRow,
  counts: Counts,
  until: { readonly startAt: number | null; readonly retrying: boolean },
): void {
  const { startAt, retrying } = until
  const { seq, attempt, retries, timeoutRetries, crashes } = counts
  if (startAt === null || startAt <= tables.now) makeAvailable(tables, job, counts)
  else tables.addScheduled({ seq, attempt, retries, timeoutRetries, crashes, startAt, retrying })
}

/** A job that begins anew, in all but its attempt number. */
export function anew(seq: number, attempt: number): Counts {
  return { seq, attempt, retries: 0, timeoutRetries: 0, crashes: 0 }
}
