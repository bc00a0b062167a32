import { type Agent, type Dispatcher, request } from 'undici'
import { keptText } from './kept-text.ts'
import { retryAfterMs } from './retry-after.ts'
import { WebhookError } from './webhook-error.ts'
import type { WebhookResult } from './webhook-job.ts'
import { redirected } from './webhook-redirect.ts'
import type { WebhookRequest } from './webhook-request.ts'

export interface Exchange {
  readonly agent: Agent
  readonly redirects: number
  readonly keptBytes: number
  readonly signal: AbortSignal
}

/**
 * Sends a request, follows as many redirects as it may, and answers what came back.
 *
 * @throws WebhookError for an answer other than 2xx, and whatever the connection died of
 */
export async function exchange(
  first: WebhookRequest,
  { agent, redirects, ...rest }: Exchange,
): Promise<WebhookResult> {
  let sent = first
  for (let left = redirects; ; left--) {
    const response = await send(sent, agent, rest.signal)
    const next = left > 0 ? redirected(sent, response) : undefined
    if (next === undefined) return await answerOf(response, sent, rest.keptBytes)
    // What a redirect says beside its target is of no use; its connection is given up rather than read to an end that may not come.
    response.body.on('error', () => {}).destroy()
    sent = next
  }
}

function send(
  { url, method, headers, body }: WebhookRequest,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<Dispatcher.ResponseData> {
  return request(url, {
    dispatcher,
    method,
    // A list, so that no name of a header is taken for a property that all objects have.
    headers: [...headers].flat(),
    body: body ?? null,
    signal,
  })
}

async function answerOf(
  { statusCode, headers, body }: Dispatcher.ResponseData,
  { url, method }: WebhookRequest,
  keptBytes: number,
): Promise<WebhookResult> {
  const text = await (isPlain(headers) ? keptText(body, keptBytes) : discarded(body))
  if (statusCode >= 200 && statusCode < 300) return { status: statusCode, body: text }
  throw new WebhookError('status', `${url.host} answered ${statusCode} to ${method}.`, {
    // Its data may take 16 KiB as JSON, where a character may need six.
    data: { status: statusCode, body: text === null ? null : text.slice(0, 2000).toWellFormed() },
    retryAfterMs: retryAfterMs(headers),
  })
}

/** Nothing is unpacked: a few bytes can be made to fill all memory, and we have asked for plain ones. */
function isPlain(headers: Dispatcher.ResponseData['headers']): boolean {
  const encoding = [headers['content-encoding']].flat().join()
  return encoding === '' || encoding.toLowerCase() === 'identity'
}

function discarded(body: Dispatcher.ResponseData['body']): null {
  body.on('error', () => {}).destroy()
  return null
}
