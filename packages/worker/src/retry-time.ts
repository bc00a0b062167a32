import { exponentialBackoff, type Job, type Logger, type RetryRule } from '@jq/core'
import { durationMs, type RetryTime } from '@jq/core/internal'
import { jobLogger } from './job-logger.ts'

/** When the next attempt may begin. A rule that fails is logged and replaced by the default one: a slip in it must not lose the job. */
export async function retryTime(rule: RetryRule, job: Job, error: Error, logger: Logger): Promise<RetryTime> {
  try {
    return checkedTime(await rule(job, error))
  } catch (trouble) {
    jobLogger(logger, job).warn(
      { error: trouble },
      'the retry rule failed; the default rule stands in for it',
    )
    return checkedTime(await exponentialBackoff()(job, error))
  }
}

function checkedTime(time: Awaited<ReturnType<RetryRule>>): RetryTime {
  if (!(time instanceof Date)) return { waitMs: durationMs(time, 'retryRule') }
  if (Number.isNaN(time.getTime())) throw new Error('The retry rule answered an invalid Date')
  return { at: time }
}
