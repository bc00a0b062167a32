import { createHmac } from 'node:crypto'
import { InvalidInputError } from '@jq/core'

/**
 * The headers by which a target knows that a request is ours and was not changed or kept: those of Standard Webhooks
 * (standardwebhooks.com), for whose check there is a library in most languages.
 *
 * @param secrets - one, or several while targets change from one to the next: each makes a signature, and one that fits is enough
 * @param sentAt - in whole seconds since 1970
 */
export function signatureHeaders(
  secrets: readonly string[],
  { id, sentAt, body }: { id: string; sentAt: number; body: string },
): Record<string, string> {
  const signatures = secrets.map((secret) => {
    const hmac = createHmac('sha256', keyOf(secret, 'secret')).update(`${id}.${sentAt}.${body}`)
    return `v1,${hmac.digest('base64')}`
  })
  return {
    'webhook-id': id,
    'webhook-timestamp': String(sentAt),
    'webhook-signature': signatures.join(' '),
  }
}

/**
 * The bytes of a secret: base64, with `whsec_` before it or without.
 *
 * @throws InvalidInputError with reason `invalid_secret`; it does not show the secret
 */
export function keyOf(secret: string, path: string): Buffer {
  const text = typeof secret === 'string' ? secret.replace(/^whsec_/, '') : ''
  const key = Buffer.from(text, 'base64')
  // The bounds are those of the standard. What is not base64 would be read up to its first odd character.
  if (/^[A-Za-z0-9+/]+={0,2}$/.test(text) && key.length >= 24 && key.length <= 64) return key
  throw new InvalidInputError(
    'invalid_secret',
    path,
    "is no secret. Give whsec_ and 24 to 64 random bytes as base64: node -p \"'whsec_' + crypto.randomBytes(32).toString('base64')\".",
  )
}
