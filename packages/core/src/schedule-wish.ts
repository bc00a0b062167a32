import { checkedText } from './job-options.ts'
import { checkedLimit, noPage } from './job-wish.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import type { ScheduleFilter } from './schedule.ts'

/** Which schedules are asked for: a filter that was checked. */
export interface ScheduleWish {
  readonly name: string | null
  readonly owner: string | null
  /** Behind which the page begins. */
  readonly after: { readonly name: string; readonly key: string } | null
  readonly limit: number
}

/** @throws InvalidInputError */
export function checkedScheduleWish(filter: ScheduleFilter): ScheduleWish {
  refuseUnknown(filter, ['name', 'owner', 'limit', 'after'], 'filter')
  const { name, owner, limit, after } = filter
  return {
    name: name === undefined ? null : checkedText(name, 100, 'filter.name'),
    owner: owner === undefined ? null : checkedText(owner, 100, 'filter.owner'),
    limit: checkedLimit(limit),
    after: after === undefined ? null : placeOf(after),
  }
}

/** Where the page after this schedule begins. */
export function schedulePlace({ name, key }: { name: string; key: string }): string {
  return Buffer.from(JSON.stringify([name, key])).toString('base64url')
}

function placeOf(after: string): { name: string; key: string } {
  try {
    const [name, key, ...rest] = JSON.parse(Buffer.from(after, 'base64url').toString()) as unknown[]
    if (typeof name === 'string' && typeof key === 'string' && rest.length === 0) return { name, key }
  } catch {
    // no text of ours
  }
  throw noPage()
}
