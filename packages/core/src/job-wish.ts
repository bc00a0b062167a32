import { InvalidInputError } from './errors.ts'
import type { JobState } from './job.ts'
import { checkedId } from './job-id.ts'
import { checkedJobType, checkedText } from './job-options.ts'
import type { JobFilter, Page } from './job-queue.ts'
import { jobStates } from './job-states.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

/** Which jobs are asked for: a filter that was checked. */
export interface JobWish {
  readonly id?: string | undefined
  readonly states?: readonly JobState[] | undefined
  readonly type?: string | undefined
  readonly origin?: string | undefined
  readonly bundleId?: string | undefined
  readonly uniqueKey?: string | undefined
  readonly groupKey?: string | undefined
  readonly scheduleName?: string | undefined
  readonly scheduleKey?: string | undefined
  /** Of running jobs only. */
  readonly startedBefore?: Date | undefined
  /** The sequence behind which the page begins. */
  readonly after?: string | undefined
  readonly limit: number
}

/** A page of what is to do, which is listed by start and then in the order of adding. */
export interface ToDoWish {
  /** The place behind which the page begins; `startAt` as the service wrote it, null: without one, and so before all that have one. */
  readonly after: { readonly seq: string; readonly startAt: string | null } | undefined
  readonly limit: number
}

const KEYS = [
  'state',
  'type',
  'origin',
  'bundleId',
  'uniqueKey',
  'groupKey',
  'scheduleName',
  'scheduleKey',
  'limit',
  'after',
] as const satisfies (keyof JobFilter)[]

/** Refuses filters and pages that no answer can have. */
export function checkedWish(filter: JobFilter): JobWish {
  refuseUnknown(filter, KEYS, 'filter')
  return {
    states: checkedStates(filter.state),
    type: filter.type === undefined ? undefined : checkedJobType(filter.type, 'filter.type'),
    origin: filter.origin === undefined ? undefined : checkedText(filter.origin, 100, 'filter.origin'),
    bundleId: filter.bundleId === undefined ? undefined : checkedId(filter.bundleId, 'filter.bundleId'),
    uniqueKey:
      filter.uniqueKey === undefined ? undefined : checkedText(filter.uniqueKey, 512, 'filter.uniqueKey'),
    groupKey:
      filter.groupKey === undefined ? undefined : checkedText(filter.groupKey, 512, 'filter.groupKey'),
    scheduleName:
      filter.scheduleName === undefined
        ? undefined
        : checkedText(filter.scheduleName, 100, 'filter.scheduleName'),
    scheduleKey: checkedScheduleKey(filter.scheduleKey),
    limit: checkedLimit(filter.limit),
    after: checkedAfter(filter.after),
  }
}

/** A page and nothing but a page: whoever asks for it has said already which jobs are meant. */
export function checkedPage(page: Page): Page {
  refuseUnknown(page, ['limit', 'after'], 'filter')
  return page
}

/** Refuses pages that no answer can have. */
export function checkedToDo(page: Page): ToDoWish {
  const { limit, after } = checkedPage(page)
  const place = after === undefined ? undefined : /^(\d{1,18})(?:@(.+))?$/.exec(after)
  if (place === null || (place?.[2] !== undefined && !isMoment(place[2]))) throw noPage()
  return {
    limit: checkedLimit(limit),
    after: place && { seq: place[1] as string, startAt: place[2] ?? null },
  }
}

/** Where the page after this job begins. */
export function toDoPlace(seq: number, startAt: string | null): string {
  return startAt === null ? String(seq) : `${seq}@${startAt}`
}

/** To the microsecond, so that it is handed on as it came. A day that is in no calendar would be the database's error. */
function isMoment(text: string): boolean {
  const [, wall = ''] =
    /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d{1,6})?(?:Z|[+-](?:0\d|1[0-5])(?::[0-5]\d){1,2})$/.exec(text) ??
    []
  const ms = Date.parse(`${wall}Z`)
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(wall)
}

function checkedStates(state: JobFilter['state']): readonly JobState[] | undefined {
  if (state === undefined) return undefined
  const states = typeof state === 'string' ? [state] : state
  const stranger = Array.isArray(states) ? states.find((one) => !jobStates.includes(one)) : states
  if (stranger === undefined && states.length > 0) return states
  throw new InvalidInputError(
    'invalid_state',
    'filter.state',
    `${shown(stranger ?? state)} is no state. There are: ${jobStates.join(', ')}.`,
  )
}

/** '' is the key of a schedule that was given none. */
function checkedScheduleKey(key: string | undefined): string | undefined {
  return key === undefined || key === '' ? key : checkedText(key, 512, 'filter.scheduleKey')
}

export function checkedLimit(limit = 100): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit
  throw new InvalidInputError(
    'invalid_page',
    'filter.limit',
    `${limit} will not do. Give a whole number from 1 to 1000.`,
  )
}

function checkedAfter(after: string | undefined): string | undefined {
  if (after === undefined || /^\d{1,18}$/.test(after)) return after
  throw noPage()
}

export function noPage(): InvalidInputError {
  return new InvalidInputError(
    'invalid_page',
    'filter.after',
    'is no page. Give the `next` of the page before, unchanged.',
  )
}
