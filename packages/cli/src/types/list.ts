import type { JobLimit, JobTypeState } from '@jq/core'
import type { Column } from '../columns.ts'
import type { Given, Leaf } from '../leaf.ts'
import { timeOf } from '../printable.ts'
import { withQueue } from '../with-queue.ts'

export const typesList: Leaf = {
  name: 'list',
  summary: 'list the types of which jobs wait or run, or that a living worker handles',
  takes: 'queue',
  examples: ['jobqueue types list'],
  run,
}

async function run(given: Given): Promise<void> {
  const types = await withQueue(given, (queue) => queue.getTypes())
  await given.output.table({ types }, types, typeColumns)
  if (types.length === 0) given.output.say('There are none.')
}

/** What a list says of a type. */
export const typeColumns: readonly Column<JobTypeState>[] = [
  ['TYPE', ({ type }) => type],
  ['WAITING', ({ waiting }) => waiting],
  ['OLDEST', ({ waiting, oldestWaitingAgeMs }) => (waiting === 0 ? '-' : timeOf(oldestWaitingAgeMs))],
  ['RUNNING', ({ running }) => running],
  ['WORKERS', ({ workers }) => workers],
  ['PAUSED', ({ pausedAt }) => pausedAt],
  ['LIMIT', ({ limit }) => limitText(limit)],
]

function limitText(limit: JobLimit | null): string | null {
  if (limit === null) return null
  const { concurrency, rate, perGroup } = limit
  const parts = [
    concurrency !== undefined && `${concurrency} at once`,
    rate !== undefined && `${rate.count} per ${typeof rate.per === 'number' ? timeOf(rate.per) : rate.per}`,
    perGroup && 'per group',
  ]
  return parts.filter(Boolean).join(', ')
}
