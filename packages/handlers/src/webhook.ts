import { guardedAgent } from './guarded-agent.ts'
import type { ReadyHandler } from './ready-handler.ts'
import { heedingRetryAfter } from './retry-after.ts'
import { WebhookError } from './webhook-error.ts'
import { exchange } from './webhook-exchange.ts'
import { type WebhookPayload, webhookJob } from './webhook-job.ts'
import { type WebhookOptions, type WebhookSettings, webhookSettings } from './webhook-options.ts'
import { requestOf } from './webhook-request.ts'

/**
 * A handler that sends webhooks: to public addresses and those that `allow` lists, and to no other, however they are spelt.
 *
 * Each attempt sends one request, with the job's id as its `idempotency-key`, the same for every attempt. An answer other than 2xx, a
 * time-out, a connection that breaks and a target that is refused fail the attempt with a `WebhookError`; the job is tried again as it
 * says, but not before a `Retry-After` has passed.
 *
 * @throws InvalidInputError for options that cannot be
 * @example
 * const hooks = webhook({ allow: ['127.0.0.1:9000'], secret: process.env.WEBHOOK_SECRET })
 * const worker = hooks.registerAt(createWorker(queue))
 * await jobqueue.add(hooks.job, { url: 'http://127.0.0.1:9000/paid', body: { order: 7 } }, { maxRetryCount: 5 })
 */
export function webhook(options: WebhookOptions = {}): ReadyHandler<typeof webhookJob> {
  const settings = webhookSettings(options)
  const agent = guardedAgent(settings, settings)
  let closing: Promise<void> | undefined
  const handler: ReadyHandler<typeof webhookJob>['handler'] = async (payload, context) => {
    const request = await requestOf(payload, context.job, settings)
    const timeout = AbortSignal.timeout(settings.timeoutMs)
    const signal = AbortSignal.any([context.signal, timeout])
    try {
      return await exchange(request, { ...settings, agent, signal })
    } catch (trouble) {
      context.signal.throwIfAborted()
      throw timeout.aborted ? lateness(payload, settings) : judged(trouble, payload)
    }
  }
  return {
    job: webhookJob,
    handler,
    registerAt(worker, options = {}) {
      const retryRule = heedingRetryAfter(settings.longestRetryAfterMs, options.retryRule)
      worker.register(webhookJob, handler, { ...options, retryRule })
      return worker
    },
    close: async () => {
      closing ??= agent.close()
      await closing
    },
  }
}

function lateness({ url }: WebhookPayload, { timeoutMs }: WebhookSettings): WebhookError {
  return new WebhookError('timeout', `${new URL(url).host} took longer than ${timeoutMs} ms.`, {
    data: { timeoutMs },
  })
}

/** The path and the query are left out of messages: they often hold a secret, and messages are logged. */
function judged(trouble: unknown, { url }: WebhookPayload): unknown {
  if (!(trouble instanceof Error) || trouble instanceof WebhookError) return trouble
  const { host } = new URL(url)
  const code = String((trouble as { code?: unknown }).code ?? trouble.name)
  if (/^UND_ERR_(HEADERS|BODY|CONNECT)_TIMEOUT$/.test(code))
    return new WebhookError('timeout', `${host} was silent for too long.`, { data: { code }, cause: trouble })
  return new WebhookError('network', `${host} could not be reached, or broke off: ${code}.`, {
    data: { code },
    cause: trouble,
  })
}
