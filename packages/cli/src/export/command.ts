import type { Job } from '@jq/core'
import { type FilterFlags, filterOf, filterOptions } from '../jobs/job-filter.ts'
import type { Given, Leaf } from '../leaf.ts'
import { count, oneOf } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'
import { csvLine } from './csv.ts'

export const exportJobs: Leaf = {
  name: 'export',
  summary: 'print jobs with all there is of them, newest first, as JSON lines or CSV',
  about:
    'A page is read at a time: what is added meanwhile is left out, and a job that moves may be shown as it was or as it is. In CSV, a text that a spreadsheet would take for a formula has an apostrophe before it.',
  takes: 'queue',
  options: [
    oneOf('--format <FORMAT>', 'ndjson (default), or csv with a line of headings', ['ndjson', 'csv']),
    ...filterOptions,
    count('--limit <N>', 'at most so many (default: all)', { least: 1 }),
  ],
  examples: [
    'jobqueue export --state failed > failed.ndjson',
    'jobqueue export --format csv --type send-email --limit 1000 > jobs.csv',
  ],
  run,
}

interface Flags extends FilterFlags {
  format?: 'ndjson' | 'csv'
  limit?: number
}

async function run(given: Given<Flags>): Promise<void> {
  const { flags, output } = given
  const { format = 'ndjson', limit = Number.POSITIVE_INFINITY } = flags
  if (output.json && format === 'csv')
    throw new Refusal('--json and --format csv say two things. Give one of them.')
  const lineOf = format === 'csv' ? (job: Job) => csvLine(COLUMNS.map((name) => job[name])) : JSON.stringify
  await withQueue(given, async (queue) => {
    let left = limit
    if (format === 'csv') await output.write(`${csvLine(COLUMNS)}\n`)
    for (let after: string | null | undefined; after !== null && left > 0 && output.isRead; ) {
      const page = await queue.getJobs({ ...filterOf(flags), limit: Math.min(1_000, left), after })
      await output.write(page.jobs.map((job) => `${lineOf(job)}\n`).join(''))
      left -= page.jobs.length
      after = page.next
    }
  })
}

/** In the order of the service's own words; each is there in every job. */
const COLUMNS = [
  'id',
  'type',
  'state',
  'origin',
  'priority',
  'payload',
  'result',
  'errorMsg',
  'errorData',
  'progress',
  'attempt',
  'currentRetryCount',
  'maxRetryCount',
  'currentTimeoutRetryCount',
  'maxTimeoutRetryCount',
  'timeoutMs',
  'crashCount',
  'bundleId',
  'afterBundleId',
  'uniqueKey',
  'groupKey',
  'scheduleName',
  'scheduleKey',
  'workerId',
  'createdAt',
  'startAt',
  'startedAt',
  'stoppedAt',
  'cancelRequestedAt',
  'updatedAt',
] as const satisfies (keyof Job)[]
