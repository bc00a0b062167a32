import { isDeepStrictEqual } from 'node:util'
import type { Schedule, SchedulePage } from '@jq/core'
import {
  firstTimes,
  foreignSchedule,
  type PreparedSchedule,
  type ScheduleWish,
  scheduleOf,
  schedulePlace,
  tickAfterPause,
} from '@jq/core/internal'
import { cancelJob } from './operate-jobs.ts'
import type { ScheduleRow } from './rows.ts'
import { addTick, endedByLimit, scheduleId } from './schedules.ts'
import type { Tables } from './tables.ts'

interface Named {
  readonly name: string
  readonly key: string
}

/** Adds a schedule, or replaces the one of its name and key. */
export function putSchedule(tables: Tables, asked: PreparedSchedule): Schedule {
  const id = scheduleId(asked)
  const old = tables.schedules.get(id)
  const { nextRunAt, planFrom } = firstTimes(asked, new Date(tables.now))
  const times = { nextRunAt: nextRunAt?.getTime() ?? null, planFrom: planFrom?.getTime() ?? null }
  tables.schedules.set(id, old === undefined ? { ...NEW, asked, ...times } : replaced(old, asked, times))
  if (old === undefined && asked.firstJobId !== null) addTick(tables, id, tables.now, asked.firstJobId)
  tables.wake({ kind: 'due' })
  return shownOf(tables.schedules.get(id) as ScheduleRow)
}

const NEW = {
  ...{ revision: 1, lastRunAt: null, lastJobId: null, lastSuccessAt: null, lastFailureAt: null },
  ...{ consecutiveFailures: 0, successCount: 0, pausedAt: null },
}

/** The same times never come later for being asked for again. */
function replaced(
  old: ScheduleRow,
  asked: PreparedSchedule,
  times: Pick<ScheduleRow, 'nextRunAt' | 'planFrom'>,
): ScheduleRow {
  const row = { ...old, asked, ...times, revision: old.revision + 1 }
  if (endedByLimit(row)) return { ...row, nextRunAt: null, planFrom: null }
  if (!isDeepStrictEqual(old.asked.times, asked.times)) return row
  return {
    ...row,
    nextRunAt: earlier(old.nextRunAt, times.nextRunAt),
    planFrom: old.nextRunAt === null ? earlier(old.planFrom, times.planFrom) : null,
  }
}

/** Makes an owner's schedules exactly these. @throws InvalidInputError where one is another owner's */
export function syncSchedules(
  tables: Tables,
  owner: string,
  wanted: readonly PreparedSchedule[],
): { added: number; changed: number; removed: number } {
  const ids = wanted.map(scheduleId)
  const foreign = ids.findIndex((id) => (tables.schedules.get(id)?.asked.owner ?? owner) !== owner)
  if (foreign !== -1) throw foreignSchedule(foreign)
  const gone = [...tables.schedules].filter(([id, { asked }]) => asked.owner === owner && !ids.includes(id))
  for (const [id] of gone) tables.schedules.delete(id)
  const fresh = wanted.filter((asked) => !tables.schedules.has(scheduleId(asked)))
  const changed = wanted.filter((asked) => isChanged(tables.schedules.get(scheduleId(asked)), asked))
  for (const asked of [...fresh, ...changed]) putSchedule(tables, asked)
  return { added: fresh.length, changed: changed.length, removed: gone.length }
}

function isChanged(old: ScheduleRow | undefined, asked: PreparedSchedule): boolean {
  if (old === undefined) return false
  const what = ({ spec, job: { id: _, payload, ...job } }: PreparedSchedule) => ({
    ...{ ...job, spec: JSON.parse(spec), payload: JSON.parse(payload) },
  })
  return !isDeepStrictEqual(what(old.asked), what(asked))
}

export function pauseSchedule(tables: Tables, named: Named): boolean {
  return change(tables, named, (row) => ({ pausedAt: row.pausedAt ?? tables.now }))
}

/** What fell into the pause is not made up for. */
export function resumeSchedule(tables: Tables, named: Named): boolean {
  const now = new Date(tables.now)
  tables.wake({ kind: 'due' })
  return change(tables, named, (row) => {
    if (row.pausedAt === null) return {}
    if (endedByLimit(row)) return { pausedAt: null }
    const next = tickAfterPause(row.asked.times, dated(row.nextRunAt), now)
    const planFrom = row.asked.times.rule === null ? null : Math.max(row.planFrom ?? 0, tables.now)
    return { pausedAt: null, nextRunAt: next?.getTime() ?? null, planFrom }
  })
}

export function unschedule(tables: Tables, named: Named): boolean {
  return tables.schedules.delete(scheduleId(named))
}

/** Ends the job of the last tick. */
export function cancelSchedule(
  tables: Tables,
  named: Named,
): 'cancelled' | 'requested' | 'notRunning' | 'notFound' {
  const row = tables.schedules.get(scheduleId(named))
  if (row === undefined) return 'notFound'
  const verdict = row.lastJobId === null ? 'notFound' : cancelJob(tables, row.lastJobId)
  return verdict === 'cancelled' || verdict === 'requested' ? verdict : 'notRunning'
}

export function readSchedule(tables: Tables, named: Named): Schedule | null {
  const row = tables.schedules.get(scheduleId(named))
  return row === undefined ? null : shownOf(row)
}

/** By name and key. */
export function readSchedules(tables: Tables, { name, owner, after, limit }: ScheduleWish): SchedulePage {
  const found = [...tables.schedules.values()]
    .filter(({ asked }) => (name ?? asked.name) === asked.name && (owner ?? asked.owner) === asked.owner)
    .sort((a, b) => compared(a.asked, b.asked))
    .filter(({ asked }) => after === null || compared(asked, after) > 0)
  const schedules = found.slice(0, limit).map(shownOf)
  const last = schedules.at(-1)
  return { schedules, next: found.length > limit && last ? schedulePlace(last) : null }
}

function compared(a: Named, b: Named): number {
  if (a.name !== b.name) return a.name < b.name ? -1 : 1
  return a.key === b.key ? 0 : a.key < b.key ? -1 : 1
}

function change(tables: Tables, named: Named, what: (row: ScheduleRow) => Partial<ScheduleRow>): boolean {
  const id = scheduleId(named)
  const row = tables.schedules.get(id)
  if (row === undefined) return false
  tables.schedules.set(id, { ...row, ...what(row), revision: row.revision + 1 })
  return true
}

function shownOf(row: ScheduleRow): Schedule {
  const { name, key, spec, job } = row.asked
  const { lastJobId, consecutiveFailures, successCount } = row
  return scheduleOf({
    ...{ name, key, lastJobId, consecutiveFailures, successCount },
    spec: JSON.parse(spec),
    payload: JSON.parse(job.payload),
    nextRunAt: dated(row.nextRunAt),
    lastRunAt: dated(row.lastRunAt),
    lastSuccessAt: dated(row.lastSuccessAt),
    lastFailureAt: dated(row.lastFailureAt),
    pausedAt: dated(row.pausedAt),
  })
}

function earlier(a: number | null, b: number | null): number | null {
  return a === null || b === null ? (a ?? b) : Math.min(a, b)
}

function dated(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms)
}
