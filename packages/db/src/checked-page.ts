import { InvalidInputError, type JobFilter, type JobState } from '@jq/core'
import { checkedId, checkedJobType, checkedText, refuseUnknown } from '@jq/core/internal'
import type { JobWish } from './statements/read-jobs.ts'

const STATES: readonly JobState[] = [
  'scheduled',
  'available',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'cancelled',
  'dead',
]
const KEYS = [
  'state',
  'type',
  'origin',
  'bundleId',
  'uniqueKey',
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
    limit: checkedLimit(filter.limit),
    after: checkedAfter(filter.after),
  }
}

function checkedStates(state: JobFilter['state']): readonly JobState[] | undefined {
  if (state === undefined) return undefined
  const states = typeof state === 'string' ? [state] : state
  const stranger = states.find((one) => !STATES.includes(one))
  if (stranger === undefined && states.length > 0) return states
  throw new InvalidInputError(
    'invalid_state',
    'filter.state',
    `${JSON.stringify(stranger ?? state)} is no state. There are: ${STATES.join(', ')}.`,
  )
}

function checkedLimit(limit = 100): number {
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit
  throw new InvalidInputError(
    'invalid_page',
    'filter.limit',
    `${limit} will not do. Give a whole number from 1 to 1000.`,
  )
}

function checkedAfter(after: string | undefined): string | undefined {
  if (after === undefined || /^\d{1,18}$/.test(after)) return after
  throw new InvalidInputError(
    'invalid_page',
    'filter.after',
    'is no page. Give the `next` of the page before, unchanged.',
  )
}
