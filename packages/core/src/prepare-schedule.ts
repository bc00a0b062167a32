import { nextWallTime, parsedCron } from './cron.ts'
import { durationMs } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import type { JobDesc } from './job-definition.ts'
import { newId } from './job-id.ts'
import { checkedJobOptions, checkedText } from './job-options.ts'
import { cronTimes } from './next-run.ts'
import { oneOf } from './one-of.ts'
import { type PreparedJob, prepareJob } from './prepare-job.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import type { MisfirePolicy, ScheduleSpec } from './schedule.ts'
import { firstTick, type ScheduleTimes } from './schedule-times.ts'
import { shown } from './shown.ts'

/** A schedule that was checked and is ready to be stored. */
export interface PreparedSchedule {
  readonly name: string
  readonly key: string
  readonly owner: string
  readonly times: ScheduleTimes
  readonly misfire: MisfirePolicy
  readonly noOverlap: boolean
  readonly limit: number | null
  readonly startAt: Date | null
  readonly runAfterMs: number | null
  /** Of the job that a new schedule adds at once; null: none. */
  readonly firstJobId: string | null
  /** Of its jobs: each has an id of its own. */
  readonly job: PreparedJob
  /** What was asked as JSON text, but for the payload, which the job has. */
  readonly spec: string
}

const KEYS = [
  ...['name', 'key', 'job', 'cron', 'every', 'rule', 'timeZone', 'misfire', 'noOverlap', 'limit'],
  ...['startAt', 'runAfter', 'owner', 'runImmediately'],
] as const satisfies string[]

/** @throws InvalidInputError */
export function prepareSchedule(spec: ScheduleSpec, path = 'spec'): PreparedSchedule {
  refuseUnknown(spec, KEYS, path)
  const { startAt, runAfter, misfire = 'once', limit } = spec
  const name = checkedText(spec.name, 100, `${path}.name`)
  const times = checkedTimes(spec, path)
  checkedJobOptions({ startAt, runAfter }, path)
  return {
    name,
    key: checkedKey(spec.key, `${path}.key`),
    owner: spec.owner === undefined ? 'api' : checkedText(spec.owner, 100, `${path}.owner`),
    times,
    misfire: oneOf(['skip', 'once', 'all'], misfire, `${path}.misfire`),
    noOverlap: checkedFlag(spec.noOverlap, true, `${path}.noOverlap`),
    limit: limit === undefined ? null : checkedLimit(limit, `${path}.limit`),
    startAt: startAt ?? null,
    runAfterMs: runAfter === undefined ? null : durationMs(runAfter, `${path}.runAfter`),
    firstJobId: checkedFlag(spec.runImmediately, false, `${path}.runImmediately`) ? newId() : null,
    job: prepareTemplate(spec.job, name, `${path}.job`),
    spec: specText(spec),
  }
}

/** When its first tick is, and from when on who knows its rule shall look for it. */
export function firstTimes(
  { times, startAt, runAfterMs }: PreparedSchedule,
  now: Date,
): { nextRunAt: Date | null; planFrom: Date | null } {
  const from = startAt ?? new Date(now.getTime() + (runAfterMs ?? 0))
  return { nextRunAt: firstTick(times, from, now), planFrom: times.rule === null ? null : from }
}

/** The name and key of a schedule. @throws InvalidInputError */
export function checkedScheduleKey(name: string, key: string | undefined): { name: string; key: string } {
  return { name: checkedText(name, 100, 'name'), key: checkedKey(key, 'key') }
}

/** A deployment's own: each once, and of no other owner. @throws InvalidInputError */
export function prepareSchedules(owner: string, specs: readonly ScheduleSpec[]): readonly PreparedSchedule[] {
  checkedText(owner, 100, 'owner')
  if (!Array.isArray(specs))
    throw new InvalidInputError('not_iterable', 'specs', `${shown(specs)} is no array of schedules.`)
  const seen = new Set<string>()
  return specs.map((spec: ScheduleSpec, place) => {
    const path = `specs[${place}]`
    const prepared = { ...prepareSchedule(spec, path), owner }
    if ((spec.owner ?? owner) !== owner)
      throw new InvalidInputError(
        'conflicting_options',
        `${path}.owner`,
        `is not ${shown(owner)}, whose schedules these are. Leave it out.`,
      )
    const id = JSON.stringify([prepared.name, prepared.key])
    if (seen.has(id))
      throw new InvalidInputError(
        'duplicate_schedule',
        path,
        'has the name and key of one before it. Give each a key of its own.',
      )
    seen.add(id)
    return prepared
  })
}

/** What syncing refuses with where a schedule is somebody else's. */
export function foreignSchedule(place: number): InvalidInputError {
  return new InvalidInputError(
    'foreign_schedule',
    `specs[${place}]`,
    "has the name and key of another owner's schedule. Give it another name, or unschedule that one.",
  )
}

function checkedTimes(spec: ScheduleSpec, path: string): ScheduleTimes {
  const { cron, every, rule, timeZone } = spec
  const given = [cron, every, rule].filter((one) => one !== undefined)
  if (given.length !== 1)
    throw new InvalidInputError(
      'conflicting_options',
      path,
      `has ${given.length} of cron, every and rule. Give exactly one of the three.`,
    )
  if (timeZone !== undefined && cron === undefined)
    throw new InvalidInputError(
      'conflicting_options',
      `${path}.timeZone`,
      'stands beside every or rule, which know no clocks. Give it with cron.',
    )
  return {
    cron: cron === undefined ? null : checkedCron(cron, timeZone, path),
    timeZone: timeZone ?? null,
    everyMs: every === undefined ? null : checkedEvery(durationMs(every, `${path}.every`), `${path}.every`),
    rule: rule === undefined ? null : checkedText(rule, 100, `${path}.rule`),
  }
}

/** Whether it fires does not depend on the place, nor, but for the rarest, on today. */
function checkedCron(text: string, timeZone: string | undefined, path: string): string {
  cronTimes(text, timeZone, path)
  if (nextWallTime(parsedCron(text, `${path}.cron`), Date.now()) !== null) return text
  throw new InvalidInputError(
    'cron_never_fires',
    `${path}.cron`,
    `${shown(text)} names no day of the next eight years.`,
  )
}

function checkedEvery(ms: number, path: string): number {
  if (ms >= 1) return ms
  throw new InvalidInputError('invalid_duration', path, 'is less than a millisecond. Give a longer time.')
}

function checkedKey(key: string | undefined, path: string): string {
  return key === undefined || key === '' ? '' : checkedText(key, 512, path)
}

function checkedLimit(limit: number, path: string): number {
  if (Number.isInteger(limit) && limit >= 1 && limit < 2 ** 31) return limit
  throw new InvalidInputError(
    'invalid_count',
    path,
    `${shown(limit)} will not do. Give a whole number from 1 on.`,
  )
}

function checkedFlag(flag: unknown, otherwise: boolean, path: string): boolean {
  if (flag === undefined || typeof flag === 'boolean') return flag ?? otherwise
  throw new InvalidInputError('not_a_boolean', path, `is ${shown(flag)}. Give true or false.`)
}

/** Used once per tick, so that what belongs to one job only cannot stand in it. */
function prepareTemplate(desc: JobDesc, name: string, path: string): PreparedJob {
  for (const key of ['id', 'startAt', 'runAfter'] as const) {
    if (desc?.[key] === undefined) continue
    throw new InvalidInputError(
      'not_in_template',
      `${path}.${key}`,
      'cannot stand in the job of a schedule: each tick adds one anew, with an id of its own, to begin at once.',
    )
  }
  return prepareJob(desc, name, path)
}

function specText(spec: ScheduleSpec): string {
  const { payload: _, ...job } = spec.job
  return JSON.stringify({ ...spec, job })
}
