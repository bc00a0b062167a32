import { exponentialBackoff, type RetryRule } from '@jq/core'
import { durationMs } from '@jq/core/internal'
import { WebhookError } from './webhook-error.ts'

/** What of an answer's headers tells when to come back. */
export interface RetryAfterHeaders {
  readonly 'retry-after'?: string | string[] | undefined
  readonly date?: string | string[] | undefined
}

/**
 * Milliseconds that an answer asks to wait, or undefined where it does not, or not so that one could read it.
 *
 * A date is counted from the answer's own date, so that neither clock needs to be right.
 *
 * @example
 * retryAfterMs({ 'retry-after': '120' }) // => 120000
 */
export function retryAfterMs(headers: RetryAfterHeaders): number | undefined {
  const asked = [headers['retry-after']].flat()[0]?.trim() ?? ''
  if (/^\d{1,9}$/.test(asked)) return Number(asked) * 1000
  const until = Date.parse(asked)
  const answeredAt = Date.parse([headers.date].flat()[0] ?? '')
  if (Number.isNaN(until)) return undefined
  return Math.max(0, until - (Number.isNaN(answeredAt) ? Date.now() : answeredAt))
}

/** The rule, but never sooner than the target asked for; what it asks for beyond `longestMs` counts as that. */
export function heedingRetryAfter(longestMs: number, rule: RetryRule = exponentialBackoff()): RetryRule {
  return async (job, error) => {
    const wait = await rule(job, error)
    const asked = error instanceof WebhookError ? error.retryAfterMs : undefined
    if (asked === undefined || wait instanceof Date) return wait
    return Math.max(durationMs(wait, 'retryRule'), Math.min(asked, longestMs))
  }
}
