import { agreed, counted, yesOption } from '../confirm.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { withQueue } from '../with-queue.ts'
import { type ChoiceFlags, choiceOptions, chosenJobs, forEachOf } from './chosen-jobs.ts'

export const jobsCancel: Leaf = {
  name: 'cancel [ID...]',
  summary: 'cancel jobs; those that run are told to end',
  takes: 'queue',
  options: [...choiceOptions, yesOption],
  exits: {
    0: 'all are cancelled, told to end, or had stopped before',
    3: 'one of those that were named does not exist',
    5: 'nobody agreed: nothing was changed',
  },
  examples: [
    'jobqueue jobs cancel 0197a000-0000-7000-8000-000000000001 --yes',
    'jobqueue jobs cancel --all --origin import --yes',
  ],
  run,
}

const OUTCOMES = ['cancelled', 'requested', 'alreadyStopped', 'notFound'] as const

async function run(given: Given<ChoiceFlags>): Promise<ExitCode> {
  return withQueue(given, async (queue) => {
    const ids = await chosenJobs(queue, given)
    await agreed(given, `Cancel ${counted(ids.length, 'job')}`)
    const outcomes = await forEachOf(ids, (id) => queue.cancelJob(id))
    const answer = Object.fromEntries(
      OUTCOMES.map((outcome) => [outcome, ids.filter((_, place) => outcomes[place] === outcome)]),
    ) as Record<(typeof OUTCOMES)[number], string[]>
    await given.output.data(answer, [
      `${answer.cancelled.length} cancelled, ${answer.requested.length} told to end, ${answer.alreadyStopped.length} had stopped before`,
    ])
    for (const id of answer.notFound) given.output.say(`There is no job ${id}.`)
    return answer.notFound.length > 0 ? 3 : 0
  })
}
