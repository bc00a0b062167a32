import { agreed, yesOption } from '../confirm.ts'
import type { Given, Leaf } from '../leaf.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'
import { called, type KeyFlags, keyOption, nameOf } from './schedule-key.ts'

export const schedulesCancel: Leaf = {
  name: 'cancel <NAME>',
  summary: 'cancel the unfinished job of the last time of a schedule, which goes on',
  takes: 'queue',
  options: [keyOption, yesOption],
  exits: {
    0: 'it is cancelled, told to end, or none was unfinished',
    3: 'there is no such schedule',
    5: 'nobody agreed: nothing was changed',
  },
  examples: ['jobqueue schedules cancel nightly-report --yes'],
  run,
}

async function run(given: Given<KeyFlags & { yes?: true }>): Promise<void> {
  const name = nameOf(given)
  await withQueue(given, async (queue) => {
    if ((await queue.getSchedule(...name)) === null) throw notFound(called(name))
    await agreed(given, `Cancel the unfinished job of 1 schedule (${called(name)})`)
    const outcome = await queue.cancelSchedule(...name)
    if (outcome === 'notFound') throw notFound(called(name))
    await given.output.data({ name: name[0], key: name[1], outcome }, [WORDS[outcome]])
  })
}

const WORDS = { cancelled: 'cancelled', requested: 'told to end', notRunning: 'none was unfinished' } as const
