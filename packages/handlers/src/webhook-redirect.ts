import type { Dispatcher } from 'undici'
import { WebhookError } from './webhook-error.ts'
import type { WebhookRequest } from './webhook-request.ts'
import { urlTrouble } from './webhook-url.ts'

/**
 * What a redirect asks to send next, or undefined where the answer is none. Its address is checked when it is dialled, as any other.
 *
 * @throws WebhookError with reason `refused` for a target that no job could have named either
 */
export function redirected(
  sent: WebhookRequest,
  { statusCode, headers }: Pick<Dispatcher.ResponseData, 'statusCode' | 'headers'>,
): WebhookRequest | undefined {
  const location = [headers.location].flat()[0]
  if (location === undefined || !REDIRECTS.includes(statusCode)) return undefined
  const url = URL.parse(location, sent.url.href)
  const trouble = url === null ? 'is no URL' : urlTrouble(url.href)
  if (url === null || trouble !== undefined)
    throw new WebhookError('refused', `${sent.url.host} redirects to what ${trouble}.`, {
      data: { status: statusCode },
    })
  return {
    ...(turnsIntoGet(sent, statusCode) ? asGet(sent) : sent),
    url,
    headers: headersFor(sent, url, statusCode),
  }
}

const REDIRECTS = [301, 302, 303, 307, 308]

/** As browsers do (fetch, 4.4): only 307 and 308 repeat a POST. */
function turnsIntoGet({ method }: WebhookRequest, statusCode: number): boolean {
  if (statusCode === 303) return method !== 'GET' && method !== 'HEAD'
  return method === 'POST' && statusCode < 303
}

function asGet(sent: WebhookRequest): WebhookRequest {
  return { ...sent, method: 'GET', body: undefined }
}

/** Another origin is not told the credentials that were meant for the first, and no body has no type. */
function headersFor(sent: WebhookRequest, url: URL, statusCode: number): WebhookRequest['headers'] {
  const dropped = [
    ...(url.origin === sent.url.origin ? [] : ['authorization', 'cookie']),
    ...(turnsIntoGet(sent, statusCode) ? ['content-type', ...SIGNATURE] : []),
  ]
  return new Map([...sent.headers].filter(([name]) => !dropped.includes(name)))
}

/** They are of the body. */
const SIGNATURE = ['webhook-id', 'webhook-timestamp', 'webhook-signature']
