import type { Job, JobAttempt, JobState } from '@jq/core'
import type { JobWish, ToDoWish } from '@jq/core/internal'
import { type CompiledQuery, type RawBuilder, sql } from 'kysely'
import type { Statements } from '../statement.ts'

/** A row as one JSON text: dates as ISO 8601 in it, whatever the session's settings and parsers. */
export interface JsonRow {
  readonly row: string
}

/** Jobs as they are now: newest first, members of one bundle in the order of adding. */
export function readJobs(statements: Statements, wish: JobWish): CompiledQuery<JsonRow> {
  if (wish.states !== undefined) return readJobsIn(wish.states, statements, wish)
  if (wish.id !== undefined) return readJobNamed(statements, wish)
  const { bundleId, after } = wish
  const way = bundleId === undefined ? alongSequences(wish, sql`j.seq`) : alongMembers(bundleId, after)
  const page = sql`
      select j.seq from ${sql.table(`${statements.schema}.job`)} j${where([...conditionsOnJob(wish), ...way.conditions])}
      order by ${way.order} limit ${wish.limit}`
  return statusOf(page, statements, wish)
}

function readJobNamed({ kysely, schema }: Statements, wish: JobWish): CompiledQuery<JsonRow> {
  const { conditions } = alongSequences(wish, sql`j.seq`)
  return sql<JsonRow>`
    select to_jsonb(j)::text as row
    from ${sql.table(`${schema}.job_status`)} j${where([...conditionsOnJob(wish), ...conditions])} limit ${wish.limit}`.compile(
    kysely,
  )
}

function where(conditions: readonly RawBuilder<unknown>[]): RawBuilder<unknown> {
  return conditions.length === 0 ? sql`` : sql` where ${sql.join(conditions, sql` and `)}`
}

/** The page is cut before anything is joined to it: with old statistics, all that is there would be joined, and then sorted. */
function statusOf(
  page: RawBuilder<unknown>,
  { kysely, schema }: Statements,
  wish: JobWish,
): CompiledQuery<JsonRow> {
  return sql<JsonRow>`
    select to_jsonb(s)::text as row
    from (${page}) page
    cross join lateral (select * from ${sql.table(`${schema}.job_status`)} j where j.seq = page.seq limit 1) s
    order by s.seq ${direction(wish)}`.compile(kysely)
}

/** How the jobs of a page are met. */
interface Way {
  readonly conditions: readonly RawBuilder<unknown>[]
  readonly order: RawBuilder<unknown>
}

/** By the index of members and nothing else: where most jobs are of one bundle, that of all jobs seems as good. */
function alongMembers(bundleId: string, after = '0'): Way {
  return {
    conditions: [
      sql`(j.bundle_id, j.seq) > (${bundleId}::uuid, ${after}::bigint)`,
      sql`j.bundle_id <= ${bundleId}::uuid`,
    ],
    order: sql`j.bundle_id, j.seq`,
  }
}

function alongSequences(wish: JobWish, seq: RawBuilder<unknown>): Way {
  const { bundleId, after } = wish
  const conditions = []
  if (bundleId !== undefined) conditions.push(sql`j.bundle_id = ${bundleId}::uuid`)
  if (after !== undefined)
    conditions.push(sql`${seq} ${bundleId === undefined ? sql`<` : sql`>`} ${after}::bigint`)
  return { conditions, order: sql`${seq} ${direction(wish)}` }
}

function direction({ bundleId }: JobWish): RawBuilder<unknown> {
  return bundleId === undefined ? sql`desc` : sql`asc`
}

/** A state is the table a job stands in, and a condition there. */
const PLACES: Readonly<
  Record<JobState, { readonly table: string; readonly condition: RawBuilder<unknown> }>
> = {
  scheduled: { table: 'job_scheduled', condition: sql`not p.retrying` },
  retrying: { table: 'job_scheduled', condition: sql`p.retrying` },
  available: { table: 'job_available', condition: sql`p.solo in (false, true)` },
  running: { table: 'job_running', condition: sql`true` },
  succeeded: { table: 'job_stopped', condition: sql`p.outcome = 's'` },
  failed: { table: 'job_stopped', condition: sql`p.outcome = 'f'` },
  cancelled: { table: 'job_stopped', condition: sql`p.outcome = 'c'` },
  dead: { table: 'job_stopped', condition: sql`p.outcome = 'd'` },
}

/**
 * The page is cut in the tables of the states, before anything is joined to it: a filter on the state that the view computes
 * would look at every job in turn (100,000 succeeded jobs and none failed: 15 s).
 */
function readJobsIn(
  states: readonly JobState[],
  statements: Statements,
  wish: JobWish,
): CompiledQuery<JsonRow> {
  const places = [...new Set(states)].map((state) => sql`(${pageIn(state, statements.schema, wish)})`)
  const page = sql`
      select p.seq from (${sql.join(places, sql` union all `)}) p order by p.seq ${direction(wish)} limit ${wish.limit}`
  return statusOf(page, statements, wish)
}

function pageIn(state: JobState, schema: string, wish: JobWish): RawBuilder<unknown> {
  const { table, condition } = PLACES[state]
  const { bundleId, after } = wish
  // Among members, those that succeeded are many; the others are few, and have their members told from strangers.
  const isByMembers = state === 'succeeded' && bundleId !== undefined
  const way = isByMembers ? alongMembers(bundleId, after) : alongSequences(wish, sql`p.seq`)
  const conditions = [condition, ...conditionsOnJob(wish), ...way.conditions]
  if (wish.startedBefore !== undefined)
    conditions.push(sql`p.started_at < ${wish.startedBefore.toISOString()}::timestamptz`)
  return sql`select p.seq from ${sql.table(`${schema}.${table}`)} p${joinOfJob(state, schema, wish)}
       ${where(conditions)} order by ${way.order} limit ${wish.limit}`
}

function conditionsOnJob(wish: JobWish): RawBuilder<unknown>[] {
  const { id, type, origin, uniqueKey, groupKey, scheduleName, scheduleKey } = wish
  const wanted = {
    ...{ id, type, origin },
    ...{ unique_key: uniqueKey, group_key: groupKey, schedule_name: scheduleName, schedule_key: scheduleKey },
  }
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
  return given.map(([column, value]) => sql`j.${sql.ref(column)} = ${value}`)
}

/** Available jobs are found by what their job says: their index begins with the type, and not with the sequence. */
function joinOfJob(state: JobState, schema: string, wish: JobWish): RawBuilder<unknown> {
  if (wish.bundleId === undefined && conditionsOnJob(wish).length === 0) return sql``
  const also =
    state === 'available'
      ? sql` and p.type = j.type and p.group_key = coalesce(j.group_key, '') and p.rank = ~j.priority`
      : sql``
  return sql` join ${sql.table(`${schema}.job`)} j on j.seq = p.seq${also}`
}

/**
 * What waits and what runs: what has no start first, then by start, then in the order of adding. No index has this order: all
 * that is to do is looked at, which is for tools and not for workers.
 */
export function readJobsToDo({ kysely, schema }: Statements, wish: ToDoWish): CompiledQuery<JsonRow> {
  const place = (name: string) => sql`select seq from ${sql.table(`${schema}.${name}`)}`
  return sql<JsonRow>`
    select to_jsonb(s)::text as row
    from (
      select j.seq, j.start_at
      from (${place('job_available')} union all ${place('job_running')} union all ${place('job_scheduled')}) p
      join ${sql.table(`${schema}.job`)} j on j.seq = p.seq
      where ${behind(wish.after)} order by j.start_at nulls first, j.seq limit ${wish.limit}
    ) page
    cross join lateral (select * from ${sql.table(`${schema}.job_status`)} j where j.seq = page.seq limit 1) s
    order by page.start_at nulls first, page.seq`.compile(kysely)
}

function behind(after: ToDoWish['after']): RawBuilder<unknown> {
  if (after === undefined) return sql`true`
  const { seq, startAt } = after
  return startAt === null
    ? sql`(j.start_at is not null or j.seq > ${seq}::bigint)`
    : sql`(j.start_at, j.seq) > (${startAt}::timestamptz, ${seq}::bigint)`
}

/** The ended attempts of a job that did not succeed, oldest first. */
export function readAttempts({ kysely, schema }: Statements, jobId: string): CompiledQuery<JsonRow> {
  return sql<JsonRow>`
    select to_jsonb(a)::text as row
    from ${sql.table(`${schema}.job`)} j join ${sql.table(`${schema}.job_attempt`)} a on a.seq = j.seq
    where j.id = ${jobId} order by a.attempt`.compile(kysely)
}

/** How many jobs are in each state. */
export function readStats({ kysely, schema }: Statements): CompiledQuery<{ state: JobState; jobs: string }> {
  const table = (name: string) => sql.table(`${schema}.${name}`)
  return sql<{ state: JobState; jobs: string }>`
    select 'available' as state, count(*)::text as jobs from ${table('job_available')}
    union all select 'running', count(*)::text from ${table('job_running')}
    union all select case when retrying then 'retrying' else 'scheduled' end, count(*)::text from ${table('job_scheduled')} group by retrying
    union all select case outcome when 's' then 'succeeded' when 'f' then 'failed' when 'c' then 'cancelled' else 'dead' end, count(*)::text
      from ${table('job_stopped')} group by outcome`.compile(kysely)
}

interface StoredJob {
  seq: number
  id: string
  bundle_id: string | null
  after_bundle_id: string | null
  type: string
  state: JobState
  payload: unknown
  priority: number
  origin: string
  unique_key: string | null
  group_key: string | null
  attempt: number
  max_retry_count: number | null
  current_retry_count: number
  max_timeout_retry_count: number | null
  timeout_ms: number | null
  current_timeout_retry_count: number
  crash_count: number
  start_at: string | null
  started_at: string | null
  worker_alive_at: string | null
  stopped_at: string | null
  cancel_requested_at: string | null
  worker_id: string | null
  schedule_name: string | null
  schedule_key: string | null
  progress: Job['progress']
  error_msg: string | null
  error_data: Job['errorData']
  result: unknown
  created_at: string
  updated_at: string
}

/** A job and its place in the order of jobs, and in that of starts, whose microseconds no Date holds. */
export function jobOf({ row }: JsonRow): { seq: number; startAt: string | null; job: Job } {
  const stored = JSON.parse(row) as StoredJob
  const job: Job = {
    id: stored.id,
    bundleId: stored.bundle_id,
    afterBundleId: stored.after_bundle_id,
    type: stored.type,
    state: stored.state,
    payload: stored.payload,
    priority: stored.priority,
    origin: stored.origin,
    uniqueKey: stored.unique_key,
    groupKey: stored.group_key,
    attempt: stored.attempt,
    maxRetryCount: stored.max_retry_count,
    currentRetryCount: stored.current_retry_count,
    maxTimeoutRetryCount: stored.max_timeout_retry_count,
    timeoutMs: stored.timeout_ms,
    currentTimeoutRetryCount: stored.current_timeout_retry_count,
    crashCount: stored.crash_count,
    startAt: dated(stored.start_at),
    startedAt: dated(stored.started_at),
    workerAliveAt: dated(stored.worker_alive_at),
    stoppedAt: dated(stored.stopped_at),
    cancelRequestedAt: dated(stored.cancel_requested_at),
    workerId: stored.worker_id,
    scheduleName: stored.schedule_name,
    scheduleKey: stored.schedule_key,
    progress: stored.progress,
    errorMsg: stored.error_msg,
    errorData: stored.error_data,
    result: stored.result,
    createdAt: new Date(stored.created_at),
    updatedAt: new Date(stored.updated_at),
  }
  return { seq: stored.seq, startAt: stored.start_at, job }
}

interface StoredAttempt {
  attempt: number
  worker_id: string
  started_at: string
  ended_at: string
  outcome: keyof typeof OUTCOMES
  error_msg: string | null
  error_data: JobAttempt['errorData']
}

const OUTCOMES = {
  f: 'failed',
  t: 'timedOut',
  k: 'crashed',
  c: 'cancelled',
  r: 'released',
  z: 'snoozed',
} as const

export function attemptOf({ row }: JsonRow): JobAttempt {
  const stored = JSON.parse(row) as StoredAttempt
  return {
    attempt: stored.attempt,
    workerId: stored.worker_id,
    startedAt: new Date(stored.started_at),
    endedAt: new Date(stored.ended_at),
    outcome: OUTCOMES[stored.outcome],
    errorMsg: stored.error_msg,
    errorData: stored.error_data,
  }
}

function dated(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}

/** How many jobs and bundles there are. */
export function readStatus({ schema, kysely }: Statements): CompiledQuery<{ jobs: string; bundles: string }> {
  const count = (table: string) => sql`(select count(*)::text from ${sql.table(`${schema}.${table}`)})`
  return sql<{
    jobs: string
    bundles: string
  }>`select ${count('job')} as jobs, ${count('job_bundle')} as bundles`.compile(kysely)
}
