import { JobError, type Json } from '@jq/core'

/**
 * Why a webhook was not delivered: `refused` is this handler's own no, before anything was sent; `status` an answer other than 2xx;
 * `timeout` and `network` mean that nobody knows whether it has arrived.
 */
export type WebhookErrorReason = 'refused' | 'status' | 'timeout' | 'network'

/** A webhook was not delivered. Its `data` becomes the job's `errorData`; the attempt is tried again as its job says. */
export class WebhookError extends JobError {
  readonly reason: WebhookErrorReason
  /** What the target's answer asks for by its `Retry-After`. */
  readonly retryAfterMs: number | undefined

  constructor(
    reason: WebhookErrorReason,
    message: string,
    { data = {}, retryAfterMs, cause }: WebhookErrorFacts = {},
  ) {
    super(message, { data: { reason, ...data }, ...(cause === undefined ? {} : { cause }) })
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }
}

interface WebhookErrorFacts {
  readonly data?: { [key: string]: Json }
  readonly retryAfterMs?: number | undefined
  readonly cause?: unknown
}
