import type { Job } from '@jq/core'
import { signatureHeaders } from './signature.ts'
import { WebhookError } from './webhook-error.ts'
import type { WebhookPayload } from './webhook-job.ts'
import type { WebhookMethod } from './webhook-method.ts'
import type { WebhookSettings } from './webhook-options.ts'

/** What goes over the wire. */
export interface WebhookRequest {
  readonly url: URL
  readonly method: WebhookMethod
  /** By their names in small letters. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string | undefined
}

/**
 * What a job asks to send.
 *
 * @throws WebhookError with reason `refused` for a method that the handler does not send, and what the option `secret` throws
 */
export async function requestOf(
  payload: WebhookPayload,
  job: Job,
  { methods, secretsFor }: WebhookSettings,
): Promise<WebhookRequest> {
  const { method } = payload
  if (!methods.includes(method))
    throw new WebhookError('refused', `${method} is refused: this handler sends ${methods.join(', ')}.`, {
      data: { method },
    })
  const body = payload.body === undefined ? undefined : JSON.stringify(payload.body)
  const given = Object.entries(payload.headers).map(([name, value]) => [name.toLowerCase(), value] as const)
  const headers = new Map([
    ...Object.entries(body === undefined ? {} : { 'content-type': 'application/json' }),
    ['user-agent', 'jobqueue'],
    ['accept-encoding', 'identity'],
    ...given,
    ['idempotency-key', job.id],
    ...Object.entries(signatureOf(await secretsFor(payload), job.id, body ?? '')),
  ])
  return { url: new URL(payload.url), method, headers, body }
}

function signatureOf(secrets: readonly string[], id: string, body: string): Record<string, string> {
  if (secrets.length === 0) return {}
  return signatureHeaders(secrets, { id, sentAt: Math.floor(Date.now() / 1000), body })
}
