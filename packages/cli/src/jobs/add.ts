import type { AddResult, Duration, JobDesc } from '@jq/core'
import type { Given, Leaf } from '../leaf.ts'
import { count, moment, span, text } from '../option-kinds.ts'
import { withQueue } from '../with-queue.ts'
import { payloadOf } from './payload.ts'

const INT32 = { least: -(2 ** 31), most: 2 ** 31 - 1 }

export const jobsAdd: Leaf = {
  name: 'add <TYPE>',
  summary: 'add a job',
  about:
    "The payload is stored as it is given: this command does not know the schemas of your jobs. What does not fit fails the job's attempt.",
  takes: 'queue',
  options: [
    text('--payload <JSON>', 'as JSON; - reads standard input, @FILE a file (default: null)'),
    text('--id <ID>', 'a UUID of yours; adding it again adds nothing'),
    text('--origin <TEXT>', 'who asks (default: cli)'),
    count('--priority <N>', 'higher goes first (default: 0)', INT32),
    moment('--start-at <TIME>', 'not before this moment'),
    span('--run-after <DURATION>', 'not before so much time has passed'),
    count('--max-retry-count <N>', 'retries after errors; -1: without end', { least: -1, most: 1_000_000 }),
    count('--max-timeout-retry-count <N>', 'retries after time-outs; -1: without end', {
      least: -1,
      most: 1_000_000,
    }),
    span('--timeout <DURATION>', 'longest time of one attempt; 0: no limit'),
    text('--unique-key <KEY>', 'at most one unfinished job holds it'),
    text('--group-key <KEY>', 'jobs of one type take turns by it'),
    count('--payload-version <N>', 'of the shape of the payload (default: 1)', {
      least: 1,
      most: 2 ** 31 - 1,
    }),
  ],
  exits: { 0: 'added, or there already: `status` says which' },
  examples: [
    'jobqueue jobs add send-email --payload \'{"to":"ada@example.com"}\'',
    'jobqueue jobs add resize-image --payload @image.json --priority 5 --run-after 10m',
    "jq -n '{n: 1}' | jobqueue jobs add count --payload - --unique-key count",
  ],
  run,
}

interface Flags {
  payload?: string
  id?: string
  origin?: string
  priority?: number
  startAt?: Date
  runAfter?: Duration
  maxRetryCount?: number
  maxTimeoutRetryCount?: number
  timeout?: Duration
  uniqueKey?: string
  groupKey?: string
  payloadVersion?: number
}

async function run(given: Given<Flags>): Promise<void> {
  const { args, flags, output, surroundings } = given
  const { id, origin, priority, startAt, runAfter, maxRetryCount, maxTimeoutRetryCount, timeout } = flags
  const desc: JobDesc = {
    type: args[0] ?? '',
    payload: await payloadOf(flags.payload ?? 'null', surroundings),
    ...{ id, origin, priority, startAt, runAfter, maxRetryCount, maxTimeoutRetryCount, timeout },
    uniqueKey: flags.uniqueKey,
    groupKey: flags.groupKey,
    version: flags.payloadVersion,
  }
  const [added] = (await withQueue(given, (queue) => queue.addMany([desc]))) as [AddResult]
  await output.data(added, [added.id])
  if (added.status === 'duplicate') output.say('It is there already: nothing was added.')
}
