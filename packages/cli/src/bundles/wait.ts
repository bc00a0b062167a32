import type { Duration, JobQueue } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import { counted } from '../confirm.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { span } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'
import { withQueue } from '../with-queue.ts'
import type { ShownBundle } from './bundle-columns.ts'

export const bundlesWait: Leaf = {
  name: 'wait <ID>',
  summary: 'wait until a bundle has stopped, print it, and exit with its outcome',
  takes: 'queue',
  options: [span('--timeout <DURATION>', 'give up after so much time (default: never)')],
  exits: {
    0: 'all members succeeded',
    3: 'there is no such bundle, or it was deleted meanwhile',
    10: 'some members did not succeed',
    124: 'the time was up',
  },
  examples: ['jobqueue bundles wait 0197a000-0000-7000-8000-000000000001 --timeout 1h'],
  run,
}

async function run(given: Given<{ timeout?: Duration }>): Promise<ExitCode> {
  const { flags, args, output } = given
  const bundle = await withQueue(given, (queue) => stoppedBundle(queue, args[0] ?? '', flags.timeout))
  const { numJobs, numJobsFailed } = bundle
  await output.data(bundle, [`${counted(numJobs, 'job')}, ${numJobsFailed} without success`])
  return numJobsFailed > 0 ? 10 : 0
}

/** @throws Refusal with exit code 124 where the time is up */
async function stoppedBundle(
  queue: JobQueue,
  id: string,
  timeout: Duration | undefined,
): Promise<ShownBundle> {
  const state = await queue.getBundleState(id)
  const signal = timeout === undefined ? undefined : AbortSignal.timeout(durationMs(timeout, '--timeout'))
  try {
    return await state.waitUntilStopped({ signal })
  } catch (error) {
    if (!signal?.aborted) throw error
    const { numJobs, numJobsStopped } = state.bundle
    throw new Refusal(
      `Bundle ${id} has not stopped within ${timeout}: ${numJobsStopped} of ${numJobs} jobs have.`,
      {
        exitCode: 124,
      },
    )
  }
}
