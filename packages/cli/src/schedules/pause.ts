import type { JobQueue } from '@jq/core'
import type { Given, Leaf } from '../leaf.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'
import { called, type KeyFlags, keyOption, nameOf } from './schedule-key.ts'

const common = { takes: 'queue', options: [keyOption], exits: { 3: 'there is no such schedule' } } as const

export const schedulesPause: Leaf = {
  ...common,
  name: 'pause <NAME>',
  summary: 'let a schedule have no times until it is resumed',
  examples: ['jobqueue schedules pause nightly-report'],
  run: (given) => pausedOrNot(given, true, (queue, ...name) => queue.pauseSchedule(...name)),
}

export const schedulesResume: Leaf = {
  ...common,
  name: 'resume <NAME>',
  summary: 'let a schedule go on; what fell into its pause is not made up for',
  examples: ['jobqueue schedules resume nightly-report'],
  run: (given) => pausedOrNot(given, false, (queue, ...name) => queue.resumeSchedule(...name)),
}

async function pausedOrNot(
  given: Given<KeyFlags>,
  paused: boolean,
  change: (queue: JobQueue, name: string, key: string) => Promise<boolean>,
): Promise<void> {
  const name = nameOf(given)
  if (!(await withQueue(given, (queue) => change(queue, ...name)))) throw notFound(called(name))
  await given.output.data({ name: name[0], key: name[1], paused }, [
    `${called(name)} ${paused ? 'is paused' : 'goes on'}`,
  ])
}
