import type { PreparedJob } from '@jq/core/internal'

export interface ListOptions {
  /** The reply to an earlier try was lost: what was made for it may be there, and its ids are asked for. */
  readonly repeats?: boolean | undefined
}

/**
 * Jobs in the form that the schema's functions take. What jobs under new ids have in common is written once, and their server
 * neither reads it again for each of them nor asks whether their ids are known.
 */
export function listText(jobs: readonly PreparedJob[], { repeats = false }: ListOptions = {}): string {
  const [first] = jobs
  if (first === undefined || repeats || !jobs.every((job) => job.idIsNew && isAlike(job, first)))
    return `[${jobs.map((job) => jobText(job, true)).join(',')}]`
  return `{"alike":${openText(first, undefined)}},"ids":"{${jobs.map(({ id }) => id).join(',')}}","payloads":[${jobs.map(({ payload }) => payload).join(',')}]}`
}

/** True for jobs that differ in nothing but id and payload; those with a unique key are looked at one by one. */
function isAlike(a: PreparedJob, b: PreparedJob): boolean {
  return (
    a.uniqueKey === null &&
    a.type === b.type &&
    a.origin === b.origin &&
    a.priority === b.priority &&
    a.groupKey === b.groupKey &&
    a.startAt?.getTime() === b.startAt?.getTime() &&
    a.runAfterMs === b.runAfterMs &&
    a.maxRetryCount === b.maxRetryCount &&
    a.maxTimeoutRetryCount === b.maxTimeoutRetryCount &&
    a.timeoutMs === b.timeoutMs &&
    a.payloadVersion === b.payloadVersion &&
    a.trace === b.trace
  )
}

/** One job in that form. */
export function jobText(job: PreparedJob, withId: boolean): string {
  return `${openText(job, withId ? job.id : undefined)},"payload":${job.payload}}`
}

/** All but the payload, left open for it. Payloads and traces are JSON texts already and are set in as they are. */
function openText(job: PreparedJob, id: string | undefined): string {
  const columns = JSON.stringify({
    id,
    type: job.type,
    priority: job.priority || undefined,
    origin: job.origin,
    start_at: job.startAt ?? undefined,
    run_after_ms: job.runAfterMs ?? undefined,
    max_retry_count: job.maxRetryCount ?? undefined,
    max_timeout_retry_count: job.maxTimeoutRetryCount ?? undefined,
    timeout_ms: job.timeoutMs ?? undefined,
    unique_key: job.uniqueKey ?? undefined,
    group_key: job.groupKey ?? undefined,
    payload_version: job.payloadVersion ?? undefined,
  })
  return `${columns.slice(0, -1)}${job.trace === null ? '' : `,"trace":${job.trace}`}`
}
