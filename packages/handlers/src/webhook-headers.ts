/** Set by the connection, or by the handler itself; whoever could set them could begin a second request inside the first. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
])
const MOST = 64
const LONGEST_VALUE = 8192

/**
 * Why these headers are not sent, or undefined where they may be.
 *
 * @example
 * headersTrouble({ accept: 'text/plain' }) // => undefined
 * headersTrouble({ Host: 'internal' }) // => 'sets host, which the handler sets itself'
 */
export function headersTrouble(headers: Readonly<Record<string, string>>): string | undefined {
  const names = Object.keys(headers).map((name) => name.toLowerCase())
  if (names.length > MOST) return `has more than ${MOST} headers`
  if (new Set(names).size < names.length) return 'names a header twice'
  for (const [name, value] of Object.entries(headers)) {
    const trouble = headerTrouble(name.toLowerCase(), value)
    if (trouble !== undefined) return trouble
  }
  return undefined
}

/** What may stand in a header: RFC 9110, 5.1 and 5.5. */
function headerTrouble(name: string, value: string): string | undefined {
  if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/.test(name)) return 'has a name that is no name of a header'
  if (RESERVED.has(name) || name.startsWith('proxy-')) return `sets ${name}, which the handler sets itself`
  if (value.length > LONGEST_VALUE) return `has more than ${LONGEST_VALUE} characters in ${name}`
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value))
    return `has a line break, or another character that headers cannot hold, in ${name}`
  return undefined
}
