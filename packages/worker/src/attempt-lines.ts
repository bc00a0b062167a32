import type { Logger, ObservedAttempt, WorkerObserver } from '@jq/core'

/** The lines of a logger about attempts. Those that failed have a line of their own, with their error, as soon as that is known. */
export function attemptLines(logger: Logger): WorkerObserver {
  return {
    onAttemptStarted: (attempt) =>
      logger.debug({ event: 'job.started', ...about(attempt) }, 'an attempt began'),
    onAttemptStopped: (attempt, { outcome, willRetry, runMs }) => {
      if (outcome === 'failed' || outcome === 'timedOut') return
      if (outcome === 'attemptLost') {
        logger.warn(
          { event: 'job.attemptLost', ...about(attempt), runMs },
          'others had taken this attempt for dead: its outcome was refused',
        )
        return
      }
      logger.debug({ event: 'job.stopped', ...about(attempt), outcome, willRetry, runMs }, 'an attempt ended')
    },
    onReaped: ({ reason, ...attempt }) => {
      const outcome = reason === 'heartbeat' ? 'crashed' : 'timedOut'
      logger.warn({ event: 'job.reaped', ...attempt, outcome }, 'an attempt of another process was ended')
    },
  }
}

function about(attempt: ObservedAttempt): object {
  const { jobId, jobType, attempt: number, bundleId, workerId, waitMs } = attempt
  const { currentRetryCount, maxRetryCount } = attempt
  return {
    ...{ jobId, jobType, attempt: number, currentRetryCount, maxRetryCount, workerId },
    ...(bundleId === null ? {} : { bundleId }),
    ...(waitMs === null ? {} : { waitMs }),
  }
}
