import type { WorkerInfo } from '@jq/core'
import type { Given, Leaf } from '../leaf.ts'
import { timeOf } from '../printable.ts'
import { withQueue } from '../with-queue.ts'

export const workersList: Leaf = {
  name: 'list',
  summary: 'list the processes that work, newest first, and then those that stopped within a day',
  takes: 'queue',
  examples: ['jobqueue workers list'],
  run,
}

async function run(given: Given): Promise<void> {
  const workers = await withQueue(given, (queue) => queue.getWorkers())
  await given.output.table({ workers }, workers, [
    ['ID', ({ id }) => id],
    ['HOST', ({ host }) => host],
    ['PID', ({ pid }) => pid],
    ['BUSY', ({ running, threads }) => `${running}/${threads}`],
    ['SUCCEEDED', ({ stats }) => stats.succeeded],
    ['FAILED', ({ stats }) => stats.failed],
    ['BEAT', beatText],
    ['STARTED', ({ startedAt }) => startedAt],
    ['STOPPED', ({ stoppedAt }) => stoppedAt],
    ['TYPES', ({ jobTypes }) => jobTypes.join(' ')],
  ])
  if (workers.length === 0) given.output.say('There are none.')
}

/** By this machine's clock, for people to look at. */
function beatText({ workerAliveAt, stoppedAt }: WorkerInfo): string | null {
  if (workerAliveAt === null || stoppedAt !== null) return null
  return `${timeOf(Math.max(0, Date.now() - workerAliveAt.getTime()))} ago`
}
