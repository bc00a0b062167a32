import { type Job, SnoozeJob } from '@jq/core'
import { type ClaimedJob, claimOfJob, type Outcome } from '@jq/core/internal'
import { Attempt, type AttemptSurroundings } from './attempt.ts'
import type { RegisteredHandler } from './handlers.ts'

/**
 * Runs a job's handler as an attempt would, but for a job that is nowhere stored: no row, no retry, no progress.
 *
 * @returns the result as JSON text
 * @throws whatever the handler throws, and AttemptAbortedError where it takes too long
 */
export async function runAtOnce(
  job: Job,
  payloadVersion: number,
  handler: RegisteredHandler,
  around: AttemptSurroundings,
): Promise<string | null> {
  let thrown: Error | undefined
  let result: string | null = null
  const work = rowless(around.work, (text) => {
    result = text
  })
  const onError = (error: Error) => {
    thrown = error
  }
  const claim = claimOf(job, payloadVersion, handler)
  const outcome = await new Promise<Outcome | null>((resolve) => {
    const ends = { judged: (_: Attempt, outcome: Outcome | null) => resolve(outcome), over: () => undefined }
    work.run(() => new Attempt(claim, handler, { ...around, work, onError }, ends).begin())
  })
  if (outcome?.kind === 'succeeded') return outcome.result
  if (outcome?.kind === 'snoozed') throw new SnoozeJob(outcome.delayMs)
  if (thrown !== undefined) throw thrown
  return result // its transaction has settled it
}

function claimOf(job: Job, payloadVersion: number, { timeoutMs }: RegisteredHandler): ClaimedJob {
  const noRetries = { retriesError: false, retriesTimeout: false }
  return claimOfJob(job, {
    seq: '0',
    payloadVersion,
    timeoutMs: job.timeoutMs ?? timeoutMs,
    ahead: null,
    ...noRetries,
  })
}

type Reach = AttemptSurroundings['work']

/** Of what a handler reaches, that which needs no row of its own. */
function rowless(work: Reach, settled: (result: string | null) => void): Reach {
  return {
    run: (fn) => work.run(fn),
    setProgress: async () => undefined,
    writeLog: async () => undefined,
    transaction: (workerId, _, fn) =>
      work.transaction(workerId, null, async (trx, client) => {
        const answer = await fn(trx, client)
        settled(answer.result)
        return answer
      }),
  }
}
