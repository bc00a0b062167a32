import { type Duration, durationMs } from './duration.ts'
import { InvalidInputError } from './errors.ts'
import type { Job } from './job.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { shown } from './shown.ts'

/** The wait before the attempt that follows; runs under a live heartbeat. Default: exponentialBackoff(), 2 s, 4 s, 8 s … with jitter. */
export type RetryRule = (job: Job, error: Error) => Duration | Date | Promise<Duration | Date>

/**
 * Waits that grow from retry to retry.
 *
 * Shape: `base`, then `factor` times the wait before, flat at `max`. With jitter it is drawn evenly between half of that and
 * the whole, so that jobs which failed together do not return together and none returns at once.
 * Source: "equal jitter" in M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @defaultValue base '2s', factor 2, max '1h', jitter true
 * @example
 * exponentialBackoff({ base: '2s', jitter: false })({ currentRetryCount: 2, currentTimeoutRetryCount: 0 } as Job, new Error()) // => 8000
 */
export function exponentialBackoff(
  options: { base?: Duration; factor?: number; max?: Duration; jitter?: boolean } = {},
): RetryRule {
  refuseUnknown(options, ['base', 'factor', 'max', 'jitter'], 'options')
  const baseMs = durationMs(options.base ?? '2s', 'options.base')
  const maxMs = durationMs(options.max ?? '1h', 'options.max')
  const factor = options.factor ?? 2
  if (!(factor >= 1))
    throw new InvalidInputError(
      'invalid_factor',
      'options.factor',
      `${shown(factor)} would shorten the waits. Give a number from 1 on.`,
    )
  return (job) => {
    const spent = job.currentRetryCount + job.currentTimeoutRetryCount
    const waitMs = Math.min(maxMs, baseMs * Math.min(factor ** spent, Number.MAX_VALUE)) // 0 times infinity would be no number
    return Math.round(options.jitter === false ? waitMs : waitMs * (0.5 + Math.random() / 2))
  }
}

/** The same wait each time. */
export function fixedDelay(delay: Duration): RetryRule {
  const ms = durationMs(delay, 'delay')
  return () => ms
}
