import type { Schedule } from '@jq/core'
import {
  type DuePage,
  type DueSchedule,
  firstTimes,
  newId,
  type PreparedSchedule,
  type ScheduleWish,
  type StoredSchedule,
  scheduleOf,
  type TickPlan,
} from '@jq/core/internal'
import { type CompiledQuery, sql } from 'kysely'
import type { Statements } from '../statement.ts'
import { call } from './call.ts'
import { jobText } from './job-list.ts'
import { dateOf, dateOrNull } from './read-date.ts'

/** What time it is by the clock that decides. */
export function readClock({ kysely }: Statements): CompiledQuery<{ now: string }> {
  return sql<{ now: string }>`select (extract(epoch from clock_timestamp()) * 1000)::text as now`.compile(
    kysely,
  )
}

/** Adds a schedule, or replaces it, and answers it. */
export function putSchedule(
  statements: Statements,
  schedule: PreparedSchedule,
  now: Date,
): CompiledQuery<{ row: string }> {
  return call(statements, 'put_schedule', { wanted: scheduleText(schedule, now) }, 'put_schedule as row')
}

export interface SyncedRow {
  readonly added: number
  readonly changed: number
  readonly removed: number
  readonly foreign_place: number | null
}

/** Makes an owner's schedules exactly these. */
export function syncSchedules(
  statements: Statements,
  owner: string,
  schedules: readonly PreparedSchedule[],
  now: Date,
): CompiledQuery<SyncedRow> {
  const wanted = `[${schedules.map((schedule) => scheduleText(schedule, now)).join(',')}]`
  return call(
    statements,
    'sync_schedules',
    { its_owner: owner, wanted },
    'added, changed, removed, foreign_place',
  )
}

export function pauseSchedule(
  statements: Statements,
  name: string,
  key: string,
): CompiledQuery<{ found: number }> {
  return call(statements, 'pause_schedule', { its_name: name, its_key: key }, 'pause_schedule::int as found')
}

/** @param next - its next tick; null where a rule shall find it, or there is none */
export function resumeSchedule(
  statements: Statements,
  name: string,
  key: string,
  next: Date | null,
): CompiledQuery<{ found: number }> {
  const args = { its_name: name, its_key: key, next: next?.toISOString() ?? null }
  return call(statements, 'resume_schedule', args, 'resume_schedule::int as found')
}

export function unschedule(
  statements: Statements,
  name: string,
  key: string,
): CompiledQuery<{ found: number }> {
  return call(statements, 'unschedule', { its_name: name, its_key: key }, 'unschedule::int as found')
}

/** Ends the job of the last tick. */
export function cancelSchedule(
  statements: Statements,
  name: string,
  key: string,
): CompiledQuery<{ verdict: 'cancelled' | 'requested' | 'notRunning' | 'notFound' }> {
  return call(statements, 'cancel_schedule', { its_name: name, its_key: key }, 'cancel_schedule as verdict')
}

/** Schedules by name and key. */
export function readSchedules(
  { kysely, schema }: Statements,
  { name, owner, after, limit }: ScheduleWish,
  key: string | null = null,
): CompiledQuery<{ row: string }> {
  const conditions = [sql`true`]
  if (name !== null) conditions.push(sql`s.name = ${name}`)
  if (key !== null) conditions.push(sql`s.key = ${key}`)
  if (owner !== null) conditions.push(sql`s.owner = ${owner}`)
  if (after !== null) conditions.push(sql`(s.name, s.key) > (${after.name}, ${after.key})`)
  return sql<{ row: string }>`
    select to_jsonb(s)::text as row from ${sql.table(`${schema}.schedule_status`)} s
    where ${sql.join(conditions, sql` and `)} order by s.name, s.key limit ${limit}`.compile(kysely)
}

interface ScheduleRow extends Pick<StoredSchedule, 'name' | 'key' | 'spec' | 'payload'> {
  readonly next_run_at: string | null
  readonly last_run_at: string | null
  readonly last_success_at: string | null
  readonly last_failure_at: string | null
  readonly last_job_id: string | null
  readonly consecutive_failures: number
  readonly success_count: number
  readonly paused_at: string | null
  readonly read_at: string
}

/** @returns `readAt`: when it was so, by the database's clock */
export function scheduleOfRow(row: string): { schedule: Schedule; readAt: Date } {
  const stored = JSON.parse(row) as ScheduleRow
  const { name, key, spec, payload } = stored
  const schedule = scheduleOf({
    ...{ name, key, spec, payload },
    nextRunAt: dated(stored.next_run_at),
    lastRunAt: dated(stored.last_run_at),
    lastSuccessAt: dated(stored.last_success_at),
    lastFailureAt: dated(stored.last_failure_at),
    lastJobId: stored.last_job_id,
    consecutiveFailures: stored.consecutive_failures,
    successCount: stored.success_count,
    pausedAt: dated(stored.paused_at),
  })
  return { schedule, readAt: new Date(stored.read_at) }
}

export interface DueRow {
  readonly name: string
  readonly key: string
  readonly revision: number
  readonly cron: string | null
  readonly time_zone: string | null
  readonly every_ms: string | null
  readonly rule: string | null
  readonly misfire: DueSchedule['misfire']
  readonly no_overlap: boolean
  readonly planned: string | null
  readonly plan_from: string | null
  readonly now: string
  readonly unfinished: number
  readonly room: number | null
}

/** A page of the schedules whose time has come, or whose first time is to be found. */
export function dueSchedules(
  statements: Statements,
  rules: readonly string[],
  { after, limit }: DuePage,
): CompiledQuery<DueRow> {
  return call(
    statements,
    'due_schedules',
    {
      its_rules: rules,
      most: limit,
      after_at: after?.planned?.toISOString() ?? '-infinity',
      after_name: after?.name ?? '',
      after_key: after?.key ?? '',
    },
    'name, key, revision, cron, time_zone, every_ms::text, rule, misfire, no_overlap, planned, plan_from, now, unfinished, room',
  )
}

export function dueOf(row: DueRow): DueSchedule {
  const { name, key, revision, cron, rule, misfire, unfinished, room } = row
  return {
    ...{ name, key, revision, cron, rule, misfire, unfinished, room },
    timeZone: row.time_zone,
    everyMs: row.every_ms === null ? null : Number(row.every_ms),
    noOverlap: row.no_overlap,
    planned: dateOrNull(row.planned),
    planFrom: dateOrNull(row.plan_from),
    now: dateOf(row.now),
  }
}

/** Adds the jobs of ticks, and moves their schedules on. */
export function runTicks(
  statements: Statements,
  plans: readonly TickPlan[],
): CompiledQuery<{ moved: number }> {
  const text = JSON.stringify(
    plans.map(({ ticks, ...plan }) => ({ ...plan, ticks: ticks.map((at) => ({ at, id: newId() })) })),
  )
  return call(statements, 'run_ticks', { plans: text }, 'run_ticks as moved')
}

/** The payload is JSON text already, and is set in as it is. */
function scheduleText(schedule: PreparedSchedule, now: Date): string {
  const { name, key, owner, times, misfire, noOverlap, limit, job, spec } = schedule
  const { nextRunAt, planFrom } = firstTimes(schedule, now)
  const columns = {
    ...{
      name,
      key,
      owner,
      cron: times.cron,
      time_zone: times.timeZone,
      every_ms: times.everyMs,
      rule: times.rule,
    },
    ...{ misfire, no_overlap: noOverlap, max_runs: limit, plan_from: planFrom, next_run_at: nextRunAt },
    first_job_id: schedule.firstJobId,
  }
  return `${JSON.stringify(columns).slice(0, -1)},"spec":${spec},"template":${jobText(job, false)}}`
}

function dated(text: string | null): Date | null {
  return text === null ? null : new Date(text)
}
