import { exponentialBackoff, type Job, type Logger, type RetryRule } from '@jq/core'
import { durationMs, loggedError, type RetryTime } from '@jq/core/internal'
import { jobLogger } from './job-logger.ts'

/** When the next attempt may begin. A rule that fails is logged and replaced by the default one: a slip in it must not lose the job. */
export async function retryTime(rule: RetryRule, job: Job, error: Error, logger: Logger): Promise<RetryTime> {
  try {
    return checkedTime(await rule(job, error))
  } catch (trouble) {
    jobLogger(logger, job).warn(
      { event: 'job.retryRuleFailed', err: loggedError(trouble) },
      'the retry rule failed; the default rule stands in for it',
    )
    return checkedTime(await exponentialBackoff()(job, error))
  }
}

/** Later ones PostgreSQL may not take. */
const LAST_DATE = Date.UTC(10_000, 0, 1)

function checkedTime(time: Awaited<ReturnType<RetryRule>>): RetryTime {
  if (!(time instanceof Date)) return { waitMs: durationMs(time, 'retryRule') }
  if (!(Math.abs(time.getTime()) < LAST_DATE))
    throw new Error('The retry rule answered a Date that is invalid or beyond the year 9999')
  return { at: time }
}
