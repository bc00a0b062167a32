import type { Given, Leaf } from '../leaf.ts'
import { count, text } from '../option-kinds.ts'
import { withQueue } from '../with-queue.ts'
import { jobColumns } from './job-columns.ts'
import { type FilterFlags, filterOf, filterOptions } from './job-filter.ts'

export const jobsList: Leaf = {
  name: 'list',
  summary: 'list jobs, newest first; members of one bundle in the order of adding',
  takes: 'queue',
  options: [
    ...filterOptions,
    count('--limit <N>', 'at most so many (default: 100)', { least: 1, most: 1_000 }),
    text('--after <PAGE>', 'go on where a list ended, by the `next` that it told'),
  ],
  examples: [
    'jobqueue jobs list --state failed,dead --type send-email',
    'jobqueue jobs list --json | jq .jobs[].id',
  ],
  run,
}

async function run(given: Given<FilterFlags & { limit?: number; after?: string }>): Promise<void> {
  const { flags, output } = given
  const page = await withQueue(given, (queue) =>
    queue.getJobs({ ...filterOf(flags), limit: flags.limit, after: flags.after }),
  )
  await output.table(page, page.jobs, jobColumns)
  if (page.jobs.length === 0) output.say('There are none.')
  if (page.next !== null) output.say(`There may be more: --after ${page.next}`)
}
