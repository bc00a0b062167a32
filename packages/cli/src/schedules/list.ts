import type { Schedule } from '@jq/core'
import type { Given, Leaf } from '../leaf.ts'
import { count, text } from '../option-kinds.ts'
import { withQueue } from '../with-queue.ts'

export const schedulesList: Leaf = {
  name: 'list',
  summary: 'list schedules by name and key',
  takes: 'queue',
  options: [
    text('--name <NAME>', 'only of this name'),
    text('--owner <TEXT>', 'only of this owner'),
    count('--limit <N>', 'at most so many (default: 100)', { least: 1, most: 1_000 }),
    text('--after <PAGE>', 'go on where a list ended, by the `next` that it told'),
  ],
  examples: ['jobqueue schedules list --owner billing'],
  run,
}

async function run(
  given: Given<{ name?: string; owner?: string; limit?: number; after?: string }>,
): Promise<void> {
  const { name, owner, limit, after } = given.flags
  const page = await withQueue(given, (queue) => queue.getSchedules({ name, owner, limit, after }))
  await given.output.table(page, page.schedules, [
    ['NAME', (one) => one.name],
    ['KEY', (one) => one.key],
    ['TYPE', (one) => one.spec.job.type],
    ['TIMES', timesText],
    ['NEXT', (one) => one.nextRunAt],
    ['LAST', (one) => one.lastRunAt],
    ['FAILURES', (one) => one.consecutiveFailures],
    ['PAUSED', (one) => one.pausedAt],
  ])
  if (page.schedules.length === 0) given.output.say('There are none.')
  if (page.next !== null) given.output.say(`There may be more: --after ${page.next}`)
}

function timesText({ spec }: Schedule): string {
  if (spec.cron !== undefined) return `${spec.cron} (${spec.timeZone ?? 'UTC'})`
  return spec.every === undefined
    ? `by the rule ${spec.rule}`
    : `every ${spec.every}${typeof spec.every === 'number' ? ' ms' : ''}`
}
