import type { Job, JobAttempt, JobState } from '@jq/core'
import { type JobWish, type ToDoWish, toDoPlace } from '@jq/core/internal'
import type { AttemptRow, Counts, JobRow } from './rows.ts'
import type { Tables } from './tables.ts'
import { aliveAt } from './worker-life.ts'

/** A job with where it stands and how it fared, as the schema's view job_status has it. */
export function jobOf(tables: Tables, job: JobRow): Job {
  const { seq, payload, payloadVersion: _, trace: __, startAt, createdAt, ...asked } = job
  const { attempt, retries, timeoutRetries, crashes } = countsOf(tables, job)
  const running = tables.running.get(seq)
  const stopped = tables.stopped.get(seq)
  const run = running ?? stopped
  return {
    ...asked,
    state: stateOf(tables, job),
    payload: JSON.parse(payload),
    attempt,
    currentRetryCount: retries,
    currentTimeoutRetryCount: timeoutRetries,
    crashCount: crashes,
    startAt: dated(startAt),
    startedAt: running != null && running.ahead !== null ? null : dated(run?.startedAt),
    workerAliveAt: running === undefined ? null : workerAliveAt(tables, running.workerId),
    stoppedAt: dated(stopped?.stoppedAt),
    cancelRequestedAt: dated(run?.cancelRequestedAt),
    workerId: run?.workerId ?? null,
    progress: parsed(run?.progress),
    errorMsg: stopped?.errorMsg ?? null,
    errorData: parsed(stopped?.errorData),
    result: parsed(stopped?.result),
    createdAt: new Date(createdAt),
    updatedAt: new Date(
      Math.max(createdAt, running?.startedAt ?? stopped?.stoppedAt ?? 0, lastEndOf(tables, seq)),
    ),
  }
}

export function stateOf(tables: Tables, { seq, id }: JobRow): JobState {
  if (tables.running.has(seq)) return 'running'
  if (tables.available.has(seq)) return 'available'
  const scheduled = tables.scheduled.get(seq)
  if (scheduled !== undefined) return scheduled.retrying ? 'retrying' : 'scheduled'
  const stopped = tables.stopped.get(seq)
  if (stopped !== undefined) return stopped.outcome
  throw new Error(`Job ${id} stands in no table`)
}

/** Jobs as they are now: newest first, members of one bundle in the order of adding; `next` is where the page after them begins. */
export function readJobs(tables: Tables, wish: JobWish): { jobs: Job[]; next: string | null } {
  const found = candidates(tables, wish).filter((job) => isWished(tables, wish, job))
  const page = found.slice(0, wish.limit)
  return {
    jobs: page.map((job) => jobOf(tables, job)),
    next: found.length > wish.limit ? String(page.at(-1)?.seq) : null,
  }
}

/** What waits and what runs: what has no start first, then by start, then in the order of adding. */
export function readJobsToDo(
  tables: Tables,
  { after, limit }: ToDoWish,
): { jobs: Job[]; next: string | null } {
  const from = after && { seq: Number(after.seq), startAt: after.startAt && Date.parse(after.startAt) }
  const found = [...tables.jobs.values()]
    .filter(({ seq }) => !tables.stopped.has(seq))
    .sort(byStart)
    .filter((job) => from === undefined || byStart(job, from as Start) > 0)
  const page = found.slice(0, limit)
  const last = page.at(-1)
  return {
    jobs: page.map((job) => jobOf(tables, job)),
    next:
      found.length > limit && last ? toDoPlace(last.seq, dated(last.startAt)?.toISOString() ?? null) : null,
  }
}

type Start = Pick<JobRow, 'seq' | 'startAt'>

function byStart(a: Start, b: Start): number {
  if (a.startAt === b.startAt) return a.seq - b.seq
  if (a.startAt === null || b.startAt === null) return a.startAt === null ? -1 : 1
  return a.startAt - b.startAt
}

export function readMembers(tables: Tables, bundleId: string): Job[] {
  return membersOf(tables, bundleId).map((job) => jobOf(tables, job))
}

export function membersOf(tables: Tables, bundleId: string): JobRow[] {
  return [...(tables.members.get(bundleId) ?? [])].map((seq) => tables.jobs.get(seq) as JobRow)
}

export function attemptOf(row: AttemptRow): JobAttempt {
  return {
    ...row,
    startedAt: new Date(row.startedAt),
    endedAt: new Date(row.endedAt),
    errorData: parsed(row.errorData),
  }
}

/** When a job's last attempt ended that did not succeed; 0: it has none. */
export function lastEndOf(tables: Tables, seq: number): number {
  return tables.attempts.get(seq)?.at(-1)?.endedAt ?? 0
}

function dated(ms: number | null | undefined): Date | null {
  return ms == null ? null : new Date(ms)
}

function parsed<T>(text: string | null | undefined): T | null {
  return text == null ? null : JSON.parse(text)
}

function countsOf({ running, available, scheduled, stopped }: Tables, { seq }: JobRow): Counts {
  return (running.get(seq) ?? available.get(seq) ?? scheduled.get(seq) ?? stopped.get(seq)) as Counts
}

function workerAliveAt(tables: Tables, workerId: string): Date | null {
  const worker = tables.workers.get(workerId)
  return worker === undefined ? null : dated(aliveAt(worker, tables.now))
}

/** In the order in which they are listed. */
function candidates(tables: Tables, { id, bundleId, after }: JobWish): JobRow[] {
  if (id !== undefined) return [tables.jobOf(id)].filter((job) => job !== undefined)
  if (bundleId !== undefined)
    return membersOf(tables, bundleId).filter(({ seq }) => after === undefined || seq > Number(after))
  return [...tables.jobs.values()].reverse().filter(({ seq }) => after === undefined || seq < Number(after))
}

function isWished(
  tables: Tables,
  { states, type, origin, uniqueKey, groupKey, scheduleName, scheduleKey, startedBefore }: JobWish,
  job: JobRow,
): boolean {
  return (
    (type ?? job.type) === job.type &&
    (origin ?? job.origin) === job.origin &&
    (uniqueKey ?? job.uniqueKey) === job.uniqueKey &&
    (groupKey ?? job.groupKey) === job.groupKey &&
    (scheduleName ?? job.scheduleName) === job.scheduleName &&
    (scheduleKey ?? job.scheduleKey) === job.scheduleKey &&
    (states === undefined || states.includes(stateOf(tables, job))) &&
    (startedBefore === undefined ||
      (jobOf(tables, job).startedAt?.getTime() ?? Number.POSITIVE_INFINITY) < startedBefore.getTime())
  )
}
