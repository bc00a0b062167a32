import type { Duration } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import { agreed, counted, yesOption } from '../confirm.ts'
import type { Given, Leaf } from '../leaf.ts'
import { span, toggle } from '../option-kinds.ts'
import { askSurface, withQueue } from '../with-queue.ts'

const options = [
  span('--older-than <DURATION>', 'only those that stopped so long ago (default: 7d)'),
  toggle('--dry-run', 'say how many, and delete none'),
  yesOption,
]

const common = {
  about:
    'Members of bundles go with their bundles, and jobs that failed stay for their retention. Workers clear up by themselves; this is for doing it now.',
  takes: 'queue',
  exits: { 5: 'nobody agreed: nothing was changed' },
  run,
} as const

export const jobsDeleteFinished: Leaf = {
  ...common,
  name: 'delete-finished',
  summary: 'delete jobs that have succeeded and belong to no bundle',
  options,
  examples: [
    'jobqueue jobs delete-finished --older-than 7d --yes',
    'jobqueue jobs delete-finished --older-than 7d --dry-run',
  ],
}

export const prune: Leaf = {
  ...common,
  name: 'prune',
  summary: 'the same as jobs delete-finished',
  options,
  examples: ['jobqueue prune --older-than 1d --yes'],
}

interface Flags {
  olderThan?: Duration
  dryRun?: true
  yes?: true
}

async function run(given: Given<Flags>): Promise<void> {
  const { flags, output } = given
  const olderThan = flags.olderThan ?? '7d'
  if (flags.dryRun) {
    const wouldDelete = await numFinished(given, olderThan)
    return output.data({ wouldDelete }, [`${counted(wouldDelete, 'job')} would be deleted`])
  }
  if (!flags.yes)
    await agreed(given, `Delete ${counted(await numFinished(given, olderThan), 'finished job')}`)
  const deleted = await withQueue(given, (queue) => queue.deleteFinishedJobs({ olderThan }))
  await output.data({ deleted }, [`${counted(deleted, 'job')} deleted`])
}

async function numFinished(given: Given, olderThan: Duration): Promise<number> {
  const [row] = await askSurface<{ jobs: string }>(
    given,
    (schema) => `select count(*) as jobs from ${schema}.job_status
      where state = 'succeeded' and bundle_id is null and stopped_at <= now() - $1 * interval '1 ms'`,
    [durationMs(olderThan, '--older-than')],
  )
  return Number(row?.jobs)
}
