import type { LookupAddress } from 'node:dns'
import type { LookupFunction } from 'node:net'
import type { SecureContextOptions } from 'node:tls'
import { Agent, buildConnector } from 'undici'
import { checkedAddresses, type DialRules } from './checked-addresses.ts'

/**
 * Connections that are only ever opened to addresses which have been checked, whatever asks for them: a first request, a redirect, or
 * a second connection beside the first. The environment's proxies are not asked: they would do the dialling.
 */
export function guardedAgent(
  rules: DialRules,
  { idleMs, tls }: { idleMs: number; tls: SecureContextOptions },
): Agent {
  return new Agent({
    headersTimeout: idleMs,
    bodyTimeout: idleMs,
    connect: (options, callback) => {
      const port = Number(options.port || (options.protocol === 'https:' ? 443 : 80))
      checkedAddresses(rules, { host: options.hostname, port }, idleMs)
        .then((addresses) =>
          buildConnector({ ...tls, timeout: idleMs, lookup: answering(addresses) })(options, callback),
        )
        .catch((refusal: Error) => callback(refusal, null))
    },
  })
}

/** What Node.js asks when it dials a name; a bare address it dials without asking, and that one was checked as it stood. */
function answering(addresses: readonly LookupAddress[]): LookupFunction {
  const first = addresses[0] as LookupAddress
  return (_, { all }, callback) => {
    if (all === true) callback(null, [...addresses])
    else callback(null, first.address, first.family)
  }
}
