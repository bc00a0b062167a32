import type { Schedule } from '@jq/core'
import { timesOf, timesOfSpec } from '@jq/core/internal'
import type { Given, Leaf } from '../leaf.ts'
import { count } from '../option-kinds.ts'
import { notFound, Refusal } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'
import { called, type KeyFlags, keyOption, nameOf } from './schedule-key.ts'

export const schedulesNext: Leaf = {
  name: 'next <NAME>',
  summary: 'tell the next times of a schedule',
  takes: 'queue',
  options: [keyOption, count('--count <N>', 'so many times (default: 5)', { least: 1, most: 1_000 })],
  exits: {
    3: 'there is no such schedule',
    4: 'its times come from a rule, which only the processes that run it know',
  },
  examples: ['jobqueue schedules next nightly-report --count 10'],
  run,
}

async function run(given: Given<KeyFlags & { count?: number }>): Promise<void> {
  const name = nameOf(given)
  const schedule = await withQueue(given, (queue) => queue.getSchedule(...name))
  if (schedule === null) throw notFound(called(name))
  const times = nextTimes(schedule, given.flags.count ?? 5)
  await given.output.data(
    { name: name[0], key: name[1], pausedAt: schedule.pausedAt, times },
    times.map((time) => time.toISOString()),
  )
  if (schedule.pausedAt !== null) given.output.say('It is paused: none of them comes before it is resumed.')
  else if (times.length === 0) given.output.say('It has ended.')
}

/** From the next one on, which the database knows. */
function nextTimes({ nextRunAt, spec }: Schedule, wanted: number): Date[] {
  if (nextRunAt === null) return []
  const following = timesOf(timesOfSpec(spec), nextRunAt)
  if (following === null)
    throw new Refusal(
      `Its times come from the rule ${spec.rule}, which only the processes that run it know. The next one is ${nextRunAt.toISOString()}.`,
      { exitCode: 4 },
    )
  const times: Date[] = []
  for (let time: Date | null = nextRunAt; time !== null && times.length < wanted; time = following(time))
    times.push(time)
  return times
}
