import type { Duration, Job, JobQueue } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { span } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'

export const jobsWait: Leaf = {
  name: 'wait <ID>',
  summary: 'wait until a job has stopped, print it, and exit with its outcome',
  about: 'Plain, its result is printed as JSON; with --json the whole job.',
  takes: 'queue',
  options: [span('--timeout <DURATION>', 'give up after so much time (default: never)')],
  exits: {
    0: 'it succeeded',
    3: 'there is no such job, or it was deleted meanwhile',
    10: 'it failed',
    11: 'it is dead: its processes died too often',
    12: 'it was cancelled',
    124: 'the time was up',
  },
  examples: [
    'jobqueue jobs wait 0197a000-0000-7000-8000-000000000001 --timeout 5m',
    'id=$(jobqueue jobs add count --json | jq -r .id) && jobqueue jobs wait "$id"',
  ],
  run,
}

async function run(given: Given<{ timeout?: Duration }>): Promise<ExitCode> {
  const { flags, output } = given
  const job = await withQueue(given, (queue) => stoppedJob(queue, given.args[0] ?? '', flags.timeout))
  await output.data(job, job.result === null ? [] : [JSON.stringify(job.result)])
  output.say(
    `Job ${job.id} of type ${job.type}: ${job.state}${job.errorMsg === null ? '' : `, ${job.errorMsg}`}`,
  )
  return OUTCOMES[job.state] ?? 1
}

const OUTCOMES: Partial<Record<Job['state'], ExitCode>> = {
  succeeded: 0,
  failed: 10,
  dead: 11,
  cancelled: 12,
}

/** @throws Refusal with exit code 124 where the time is up */
async function stoppedJob(queue: JobQueue, id: string, timeout: Duration | undefined): Promise<Job> {
  const state = await queue.getRunState(id)
  const signal = timeout === undefined ? undefined : AbortSignal.timeout(durationMs(timeout, '--timeout'))
  try {
    await state.waitUntilStopped({ signal })
    return state.job
  } catch (error) {
    if (signal?.aborted)
      throw new Refusal(`Job ${id} has not stopped within ${timeout}: it is ${state.job.state}.`, {
        exitCode: 124,
      })
    const { code } = error as { code?: unknown }
    if (code === 'job_failed' || code === 'job_cancelled') return state.job
    throw error
  }
}
