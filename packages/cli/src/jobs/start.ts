import { type Duration, JobRunningError } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import type { Given, Leaf } from '../leaf.ts'
import { moment, span } from '../option-kinds.ts'
import { notFound, Refusal } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const jobsStart: Leaf = {
  name: 'start <ID>',
  summary: 'let a job begin now, or at another time than was planned',
  about: 'One that has stopped begins again, its retries as they were.',
  takes: 'queue',
  options: [
    moment('--start-at <TIME>', 'at this moment (default: now)'),
    span('--run-after <DURATION>', 'so much later than now'),
  ],
  exits: { 3: 'there is no such job, or another one holds its unique key now', 4: 'it runs' },
  examples: [
    'jobqueue jobs start 0197a000-0000-7000-8000-000000000001',
    'jobqueue jobs start 0197a000-0000-7000-8000-000000000001 --run-after 10m',
  ],
  run,
}

async function run(given: Given<{ startAt?: Date; runAfter?: Duration }>): Promise<void> {
  const { flags, output } = given
  if (flags.startAt !== undefined && flags.runAfter !== undefined)
    throw new Refusal('--start-at and --run-after say two things. Give one of them.')
  const id = given.args[0] ?? ''
  const startAt = flags.startAt ?? new Date(Date.now() + durationMs(flags.runAfter ?? 0, '--run-after'))
  const isSet = await withQueue(given, (queue) => queue.setJobStart(id, startAt)).catch((error) => {
    if (!(error instanceof JobRunningError)) throw error
    throw new Refusal(`Job ${id} is running. Wait until it has stopped, or cancel it first.`, {
      exitCode: 4,
      cause: error,
    })
  })
  if (!isSet) throw notFound(`job ${id} that could begin`)
  await output.data({ id, startAt }, [`${id} begins at ${startAt.toISOString()}`])
}
