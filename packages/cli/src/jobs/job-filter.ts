import type { JobFilter, JobState } from '@jq/core'
import type { Option } from 'commander'
import { someOf, text } from '../option-kinds.ts'

/** What was typed to say which jobs are meant. */
export interface FilterFlags {
  readonly state?: JobState[]
  readonly type?: string
  readonly origin?: string
  readonly bundle?: string
  readonly uniqueKey?: string
  readonly groupKey?: string
  readonly schedule?: string
  readonly scheduleKey?: string
}

const STATES = [
  'scheduled',
  'available',
  'running',
  'retrying',
  'succeeded',
  'failed',
  'cancelled',
  'dead',
] as const satisfies JobState[]

/** What says which jobs are meant. */
export const filterOptions: readonly Option[] = [
  someOf('--state <STATES>', `only in these states: ${STATES.join(', ')}`, STATES),
  text('--type <TYPE>', 'only of this type'),
  text('--origin <TEXT>', 'only of this origin'),
  text('--bundle <ID>', 'only members of this bundle'),
  text('--unique-key <KEY>', 'only with this unique key'),
  text('--group-key <KEY>', 'only of this group'),
  text('--schedule <NAME>', 'only those that this schedule has added'),
  text('--schedule-key <KEY>', 'and only for this key of it'),
]

/** What the service is asked for. */
export function filterOf(flags: FilterFlags): JobFilter {
  const { state, type, origin, bundle, uniqueKey, groupKey, schedule, scheduleKey } = flags
  return { state, type, origin, bundleId: bundle, uniqueKey, groupKey, scheduleName: schedule, scheduleKey }
}
