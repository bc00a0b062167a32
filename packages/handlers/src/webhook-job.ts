import { defineJob, type JobDefinition, type Json } from '@jq/core'
import { z } from 'zod'
import { headersTrouble } from './webhook-headers.ts'
import { takesBody, WEBHOOK_METHODS, type WebhookMethod } from './webhook-method.ts'
import { urlTrouble } from './webhook-url.ts'

/** What to add. */
export interface WebhookInput {
  /** http or https, without name and password. */
  url: string
  /** @defaultValue 'POST' */
  method?: WebhookMethod | undefined
  /** Sent as JSON; without it, no body is sent. */
  body?: Json | undefined
  /** Not those of the connection (`host`, `content-length` …), nor those that the handler sets. */
  headers?: Record<string, string> | undefined
}

/** What a handler gets. */
export interface WebhookPayload {
  url: string
  method: WebhookMethod
  body?: Json | undefined
  headers: Record<string, string>
}

/** What the target answered. */
export interface WebhookResult {
  status: number
  /** The beginning of what it said, as text; null where it came compressed, which is not unpacked. */
  body: string | null
}

/** The schema of `webhookJob`, for a job of your own name that the same handler runs. */
export const webhookPayload: z.ZodType<WebhookPayload, WebhookInput> = z
  .strictObject({
    url: z.string().superRefine(refusing(urlTrouble)),
    method: z.enum(WEBHOOK_METHODS).default('POST'),
    body: z.json().optional(),
    headers: z.record(z.string(), z.string()).superRefine(refusing(headersTrouble)).default({}),
  })
  .superRefine(({ method, body }, context) => {
    if (body === undefined || takesBody(method)) return
    context.addIssue({ code: 'custom', message: `is not sent with ${method}. Use POST`, path: ['body'] })
  })

function refusing<T>(
  trouble: (given: T) => string | undefined,
): (given: T, context: z.core.$RefinementCtx) => void {
  return (given, context) => {
    const message = trouble(given)
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  }
}

/**
 * A request to be sent by the handler of `webhook(…)`.
 *
 * @example
 * await jobqueue.add(webhookJob, { url: 'https://example.com/hook', body: { paid: true } }, { maxRetryCount: 5 })
 */
export const webhookJob: JobDefinition<'webhook', WebhookInput, WebhookPayload, WebhookResult> = defineJob(
  'webhook',
  {
    payload: webhookPayload,
    result: z.object({ status: z.int(), body: z.string().nullable() }),
  },
)
