/** The methods that a webhook may be sent with, where its handler's options do not list fewer. */
export const WEBHOOK_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

export type WebhookMethod = (typeof WEBHOOK_METHODS)[number]

/** Proxies and servers disagree on what a body means there. */
export function takesBody(method: WebhookMethod): boolean {
  return method !== 'GET' && method !== 'HEAD'
}
