import { countMembers } from './count-members.ts'
import { membersOf, stateOf } from './read-jobs.ts'
import type { JobRow, StoppedRow } from './rows.ts'
import { reopenRun } from './schedules.ts'
import type { Tables } from './tables.ts'
import { anew, makeAvailable, makeWait, takeAnyPlace, takeWaiting } from './take-place.ts'
import { tellChange } from './tell-change.ts'

/** Ends a job that waits, or asks the attempt of one that runs to end. */
export function cancelJob(
  tables: Tables,
  id: string,
): 'cancelled' | 'requested' | 'alreadyStopped' | 'notFound' {
  const job = tables.jobOf(id)
  if (job === undefined) return 'notFound'
  if (wishCancel(tables, job, false)) return 'requested'
  const before = stateOf(tables, job)
  const place = takeWaiting(tables, job)
  if (place === undefined) return 'alreadyStopped'
  const { seq, attempt, retries, timeoutRetries, crashes } = place
  const never = { workerId: null, startedAt: null, errorData: null, result: null, progress: null }
  tables.stopped.set(seq, {
    ...{
      ...never,
      seq,
      attempt,
      retries,
      timeoutRetries,
      crashes,
      outcome: 'cancelled',
      errorMsg: 'Cancelled',
    },
    stoppedAt: tables.now,
    cancelRequestedAt: tables.now,
  })
  tables.freeKey(seq)
  tellChange(tables, job, before)
  tables.tell({
    kind: 'job',
    jobId: id,
    jobType: job.type,
    origin: job.origin,
    bundleId: job.bundleId,
    attempt,
    outcome: 'cancelled',
    willRetry: false,
  })
  countMembers(tables, job.bundleId, { stopped: 1, failed: 1 })
  return 'cancelled'
}

/** Cancels the members of a bundle that have not stopped, in the order of adding; null: no such bundle. */
export function cancelBundle(
  tables: Tables,
  bundleId: string,
): { cancelled: number; requested: number } | null {
  if (!tables.bundles.has(bundleId)) return null
  const verdicts = membersOf(tables, bundleId).map(({ id }) => cancelJob(tables, id))
  const count = (wanted: string) => verdicts.filter((verdict) => verdict === wanted).length
  return { cancelled: count('cancelled'), requested: count('requested') }
}

/** Begins a job anew: counts, error, result and progress are forgotten, its attempt number and its attempts are not. */
export function resetJob(
  tables: Tables,
  id: string,
  cancels: boolean,
): 'reset' | 'running' | 'requested' | 'keyHeld' | 'notFound' {
  const job = tables.jobOf(id)
  if (job === undefined) return 'notFound'
  if (tables.running.has(job.seq)) return cancels && wishCancel(tables, job, true) ? 'requested' : 'running'
  if (restartWaiting(tables, job)) return 'reset'
  const ended = reopen(tables, job)
  if (ended === undefined) return 'keyHeld'
  makeAvailable(tables, job, anew(job.seq, ended.attempt))
  tellChange(tables, job, ended.outcome)
  uncount(tables, job, ended)
  return 'reset'
}

/** Resets many jobs, all or none; null: one of them runs. */
export function resetJobs(tables: Tables, ids: readonly string[], cancels: boolean): number | null {
  const known = [...new Set(ids)].map((id) => tables.jobOf(id)).filter((job) => job !== undefined)
  if (!cancels && known.some(({ seq }) => tables.running.has(seq))) return null
  const verdicts = known.sort((a, b) => a.seq - b.seq).map(({ id }) => resetJob(tables, id, cancels))
  return verdicts.filter((verdict) => verdict === 'reset' || verdict === 'requested').length
}

/** Moves a job to another start; one that has stopped begins again then, its budgets as they were. */
export function setJobStart(
  tables: Tables,
  id: string,
  startAt: number,
): 'set' | 'running' | 'keyHeld' | 'notFound' {
  const job = tables.jobOf(id)
  if (job === undefined) return 'notFound'
  if (tables.running.has(job.seq)) return 'running'
  const scheduled = tables.scheduled.get(job.seq)
  if (scheduled?.retrying) {
    tables.takeScheduled(job.seq)
    tables.addScheduled({ ...scheduled, startAt })
    tables.wake({ kind: 'due' })
    return 'set'
  }
  const before = stateOf(tables, job)
  const waiting = takeWaiting(tables, job)
  const ended = waiting === undefined ? reopen(tables, job) : undefined
  const counts = waiting ?? ended
  if (counts === undefined) return 'keyHeld'
  const moved = { ...job, startAt }
  tables.jobs.set(job.seq, moved)
  makeWait(tables, moved, counts, { startAt, retrying: false })
  tellChange(tables, moved, before)
  if (ended !== undefined) uncount(tables, job, ended)
  return 'set'
}

/** Deletes a job wherever it stands. A running attempt is lost. The bundle is counted and may stop. */
export function deleteJob(tables: Tables, id: string): boolean {
  const job = tables.jobOf(id)
  if (job === undefined) return false
  const { stopped } = takeAnyPlace(tables, job)
  tables.forgetJob(job)
  countMembers(tables, job.bundleId, { jobs: -1, ...(stopped === undefined ? {} : uncounted(stopped)) })
  return true
}

/** Deletes a bundle with its members. */
export function deleteBundle(tables: Tables, bundleId: string): boolean {
  if (!tables.bundles.has(bundleId)) return false
  for (const job of membersOf(tables, bundleId)) {
    takeAnyPlace(tables, job)
    tables.forgetJob(job)
  }
  tables.members.delete(bundleId)
  return tables.bundles.delete(bundleId)
}

/** Succeeded standalone jobs that ended so long ago, and that no named listener waits for; how many it was. */
export function deleteFinishedJobs(
  tables: Tables,
  olderThanMs: number,
  isAwaited: (jobId: string) => boolean,
): number {
  const isFinished = ({ id, bundleId, seq }: JobRow) => {
    const stopped = tables.stopped.get(seq)
    if (bundleId !== null || stopped?.outcome !== 'succeeded') return false
    return stopped.stoppedAt <= tables.now - olderThanMs && !isAwaited(id)
  }
  return deleteJobsWhere(tables, isFinished)
}

export function deleteJobsWhere(tables: Tables, isMeant: (job: JobRow) => boolean): number {
  return [...tables.jobs.values()].filter(isMeant).filter(({ id }) => deleteJob(tables, id)).length
}

export function deleteBundlesWhere(
  tables: Tables,
  isMeant: (bundle: { type: string; origin: string }) => boolean,
): number {
  return [...tables.bundles.values()].filter(isMeant).filter(({ id }) => deleteBundle(tables, id)).length
}

/** Tells the attempt of a job that runs to end; of two wishes the later counts. False: it does not run. */
function wishCancel(tables: Tables, { seq }: JobRow, resetRequested: boolean): boolean {
  const running = tables.running.get(seq)
  if (running === undefined) return false
  const cancelRequestedAt = running.cancelRequestedAt ?? tables.now
  tables.running.set(seq, { ...running, cancelRequestedAt, resetRequested })
  tables.wake({ kind: 'cancel' })
  return true
}

/** A job that waits: one whose time has not come goes on waiting for it, any other becomes available at once. */
function restartWaiting(tables: Tables, job: JobRow): boolean {
  const before = stateOf(tables, job)
  const place = takeWaiting(tables, job)
  if (place === undefined) return false
  const counts = anew(job.seq, place.attempt)
  if ('startAt' in place && !place.retrying) tables.addScheduled({ ...place, ...counts })
  else makeAvailable(tables, job, counts)
  tellChange(tables, job, before)
  return true
}

/** Takes a job out of those that have stopped; undefined: another unfinished job holds its unique key. */
function reopen(tables: Tables, job: JobRow): StoppedRow | undefined {
  const { seq, id, uniqueKey } = job
  if (uniqueKey !== null) {
    if (tables.keys.has(uniqueKey)) return undefined
    tables.keys.set(uniqueKey, seq)
  }
  const stopped = tables.stopped.get(seq)
  if (stopped === undefined) throw new Error(`Job ${id} stands in no table`)
  tables.stopped.delete(seq)
  reopenRun(tables, job)
  return stopped
}

function uncount(tables: Tables, { bundleId }: JobRow, ended: StoppedRow): void {
  countMembers(tables, bundleId, uncounted(ended))
}

function uncounted({ outcome }: StoppedRow): { stopped: number; failed: number } {
  return { stopped: -1, failed: outcome === 'succeeded' ? 0 : -1 }
}
