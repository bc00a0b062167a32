import { agreed, counted, yesOption } from '../confirm.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { withQueue } from '../with-queue.ts'
import { type ChoiceFlags, choiceOptions, chosenJobs, forEachOf } from './chosen-jobs.ts'

export const jobsDelete: Leaf = {
  name: 'delete [ID...]',
  summary: 'delete jobs, whatever their state; the attempt of one that runs is lost',
  takes: 'queue',
  options: [...choiceOptions, yesOption],
  exits: {
    0: 'all are gone',
    3: 'one of those that were named does not exist',
    5: 'nobody agreed: nothing was changed',
  },
  examples: [
    'jobqueue jobs delete 0197a000-0000-7000-8000-000000000001 --yes',
    'jobqueue jobs delete --all --state dead',
  ],
  run,
}

async function run(given: Given<ChoiceFlags>): Promise<ExitCode> {
  return withQueue(given, async (queue) => {
    const ids = await chosenJobs(queue, given)
    await agreed(given, `Delete ${counted(ids.length, 'job')}`)
    const gone = await forEachOf(ids, (id) => queue.deleteJob(id))
    const notFound = ids.filter((_, place) => !gone[place])
    const deleted = ids.length - notFound.length
    await given.output.data({ deleted, notFound }, [`${counted(deleted, 'job')} deleted`])
    for (const id of notFound) given.output.say(`There is no job ${id}.`)
    return notFound.length > 0 && !given.flags.all ? 3 : 0
  })
}
