import { type DuePage, type DueSchedule, newId, type TickPlan } from '@jq/core/internal'
import type { JobRow, ScheduleRow } from './rows.ts'
import { storeJobs } from './store-jobs.ts'
import type { Tables } from './tables.ts'

/** What a schedule is found by. */
export function scheduleId({ name, key }: { readonly name: string; readonly key: string }): string {
  return JSON.stringify([name, key])
}

/** A page of the schedules whose time has come, or whose first time is to be found, by these rules or none. */
export function dueSchedules(
  tables: Tables,
  rules: readonly string[],
  { after, limit }: DuePage,
): DueSchedule[] {
  return [...tables.schedules]
    .filter(([, { asked }]) => asked.times.rule === null || rules.includes(asked.times.rule))
    .flatMap(([id, row]) => (isDue(tables, id, row) ? [dueOf(tables, id, row)] : []))
    .sort(byTime)
    .filter((due) => after === null || byTime(due, after) > 0)
    .slice(0, limit)
}

/** Adds the jobs of ticks and moves their schedules on, where these stand as they were read; how many were moved. */
export function runTicks(tables: Tables, plans: readonly TickPlan[]): number {
  return plans.filter((plan) => runTick(tables, plan)).length
}

/** Adds the job of one tick, unless an unfinished job holds its unique key. */
export function addTick(tables: Tables, id: string, at: number, jobId: string): void {
  const row = tables.schedules.get(id) as ScheduleRow
  const { name, key, job } = row.asked
  const template = { ...job, id: jobId, startAt: new Date(at) }
  const [stored] = storeJobs(tables, [template], { schedule: { name, key } })
  if (!stored?.added) return
  tables.runs.set(tables.seqs.get(jobId) as number, id)
  tables.schedules.set(id, { ...row, lastRunAt: at, lastJobId: jobId })
}

/** A job stopped, or was deleted: its schedule counts it, and goes on if it waited. */
export function endRun(tables: Tables, seq: number): void {
  const id = tables.runs.get(seq)
  if (id === undefined) return
  tables.runs.delete(seq)
  const row = tables.schedules.get(id)
  if (row === undefined) return
  tables.schedules.set(id, counted(row, tables.stopped.get(seq)?.outcome, tables.now))
  tables.wake({ kind: 'due' })
}

/** A job of a schedule begins anew after it had stopped: it is an unfinished run again. */
export function reopenRun(tables: Tables, { seq, scheduleName, scheduleKey }: JobRow): void {
  if (scheduleName !== null && scheduleKey !== null)
    tables.runs.set(seq, scheduleId({ name: scheduleName, key: scheduleKey }))
}

/** @returns whether there is one that is due; whose rule is not known is no reason to wake anybody */
export function wakeDueSchedules(tables: Tables): boolean {
  const isAny = [...tables.schedules].some(([id, row]) => row.planFrom === null && isDue(tables, id, row))
  if (isAny) tables.wake({ kind: 'due' })
  return isAny
}

/** One that has succeeded so often has no time any more. */
export function endedByLimit({ asked, successCount }: ScheduleRow): boolean {
  return asked.limit !== null && successCount >= asked.limit
}

function runTick(tables: Tables, plan: TickPlan): boolean {
  const { name, key, revision, planned, ticks, next, waits, missed } = plan
  const id = scheduleId({ name, key })
  const row = tables.schedules.get(id)
  if (row === undefined || row.revision !== revision || waits) return false
  if ((row.planFrom === null ? row.nextRunAt : null) !== (planned?.getTime() ?? null)) return false
  tables.schedules.set(id, { ...row, nextRunAt: next?.getTime() ?? null, planFrom: null })
  for (const at of ticks) addTick(tables, id, at.getTime(), newId())
  if (missed > 0) tables.missedTicks.set(name, (tables.missedTicks.get(name) ?? 0) + missed)
  return true
}

function isDue(tables: Tables, id: string, row: ScheduleRow): boolean {
  if (row.pausedAt !== null) return false
  if (row.planFrom !== null) return true
  if (row.nextRunAt === null || row.nextRunAt > tables.now) return false
  const unfinished = unfinishedOf(tables, id)
  const isHeld = (row.asked.noOverlap && unfinished > 0) || (roomOf(row, unfinished) ?? 1) <= 0
  return !isHeld || row.asked.misfire === 'skip'
}

function dueOf(tables: Tables, id: string, row: ScheduleRow): DueSchedule {
  const { name, key, misfire, noOverlap, times } = row.asked
  const unfinished = unfinishedOf(tables, id)
  return {
    ...{ ...times, name, key, misfire, noOverlap, unfinished },
    revision: row.revision,
    planned: row.planFrom === null && row.nextRunAt !== null ? new Date(row.nextRunAt) : null,
    planFrom: row.planFrom === null ? null : new Date(row.planFrom),
    now: new Date(tables.now),
    room: roomOf(row, unfinished),
  }
}

/** Those without a time first. */
function byTime(a: DueSchedule, b: DueSchedule): number {
  const apart =
    (a.planned?.getTime() ?? Number.NEGATIVE_INFINITY) - (b.planned?.getTime() ?? Number.NEGATIVE_INFINITY)
  return apart || compared(a.name, b.name) || compared(a.key, b.key)
}

function compared(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

function unfinishedOf(tables: Tables, id: string): number {
  return [...tables.runs.values()].filter((other) => other === id).length
}

function roomOf({ asked, successCount }: ScheduleRow, unfinished: number): number | null {
  return asked.limit === null ? null : asked.limit - successCount - unfinished
}

function counted(row: ScheduleRow, outcome: string | undefined, now: number): ScheduleRow {
  if (outcome === 'failed' || outcome === 'dead')
    return { ...row, lastFailureAt: now, consecutiveFailures: row.consecutiveFailures + 1 }
  if (outcome !== 'succeeded') return row
  const good = { ...row, lastSuccessAt: now, consecutiveFailures: 0, successCount: row.successCount + 1 }
  return endedByLimit(good) ? { ...good, nextRunAt: null, planFrom: null } : good
}
