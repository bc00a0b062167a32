import type { JobId, JobQueue } from '@jq/core'
import { agreed, counted, yesOption } from '../confirm.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { toggle } from '../option-kinds.ts'
import { withQueue } from '../with-queue.ts'
import { type ChoiceFlags, choiceOptions, chosenJobs, forEachOf } from './chosen-jobs.ts'

export const jobsRetry: Leaf = {
  name: 'retry [ID...]',
  alias: 'reset',
  summary: 'let jobs that have stopped, or wait, begin again with all their retries',
  about: 'A job that runs is left alone, unless --cancel-running aborts it first.',
  takes: 'queue',
  options: [
    ...choiceOptions,
    toggle('--cancel-running', 'abort those that run, and let them begin again'),
    yesOption,
  ],
  exits: {
    0: 'all of them begin again',
    3: 'one of those that were named does not exist, or another job holds its unique key now',
    4: 'one of them runs, and was left alone',
    5: 'nobody agreed: nothing was changed',
  },
  examples: [
    'jobqueue jobs retry 0197a000-0000-7000-8000-000000000001',
    'jobqueue jobs retry --all --state failed --type send-email --yes',
  ],
  run,
}

type Verdict = 'reset' | 'notReset' | 'running'

async function run(given: Given<ChoiceFlags & { cancelRunning?: true }>): Promise<ExitCode> {
  const { flags, output } = given
  return withQueue(given, async (queue) => {
    const ids = await chosenJobs(queue, given)
    if (flags.all) await agreed(given, `Let ${counted(ids.length, 'job')} begin again`)
    const ifRunning = flags.cancelRunning ? 'cancel' : 'refuse'
    const verdicts = await forEachOf(ids, (id) => resetOne(queue, id, ifRunning))
    const of = (wanted: Verdict) => ids.filter((_, place) => verdicts[place] === wanted)
    const answer = { reset: of('reset'), notReset: of('notReset'), running: of('running') }
    await output.data(answer, [
      `${counted(answer.reset.length, 'job')} begin${answer.reset.length === 1 ? 's' : ''} again`,
    ])
    for (const id of answer.notReset)
      output.say(`Not reset: ${id} does not exist, or another job holds its unique key.`)
    for (const id of answer.running) output.say(`Not reset: ${id} runs. Wait, or give --cancel-running.`)
    return answer.running.length > 0 ? 4 : answer.notReset.length > 0 ? 3 : 0
  })
}

async function resetOne(queue: JobQueue, id: JobId, ifRunning: 'refuse' | 'cancel'): Promise<Verdict> {
  try {
    return (await queue.resetJob(id, { ifRunning })) ? 'reset' : 'notReset'
  } catch (error) {
    if ((error as { code?: unknown }).code === 'job_running') return 'running'
    throw error
  }
}
