import { agreed, yesOption } from '../confirm.ts'
import type { Given, Leaf } from '../leaf.ts'
import { notFound } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'
import { called, type KeyFlags, keyOption, nameOf } from './schedule-key.ts'

export const schedulesRemove: Leaf = {
  name: 'remove <NAME>',
  summary: 'end a schedule; a job that it has added goes on',
  takes: 'queue',
  options: [keyOption, yesOption],
  exits: { 3: 'there is no such schedule', 5: 'nobody agreed: nothing was changed' },
  examples: ['jobqueue schedules remove nightly-report --yes'],
  run,
}

async function run(given: Given<KeyFlags & { yes?: true }>): Promise<void> {
  const name = nameOf(given)
  await withQueue(given, async (queue) => {
    if ((await queue.getSchedule(...name)) === null) throw notFound(called(name))
    await agreed(given, `Remove 1 schedule (${called(name)})`)
    if (!(await queue.unschedule(...name))) throw notFound(called(name))
    await given.output.data({ removed: { name: name[0], key: name[1] } }, [`${called(name)} removed`])
  })
}
