import type { LookupAddress } from 'node:dns'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import type { AllowedTarget } from './allowed-target.ts'
import { isPublic } from './public-address.ts'
import { WebhookError } from './webhook-error.ts'

/** What may be dialled. */
export interface DialRules {
  readonly allow: readonly AllowedTarget[]
  readonly ports: readonly number[]
  /** All addresses of a name. */
  readonly lookup: (host: string) => Promise<readonly string[]>
}

/**
 * The addresses to dial for a host of a URL, each of which may be dialled.
 *
 * The name is looked up once and what was checked is what is dialled, so that a name which changes its address between two look-ups
 * gains nothing. One address that may not be dialled refuses them all: nobody should win by trying again.
 *
 * @param host - as a parsed URL says it, without brackets
 * @param patienceMs - how long a look-up may take
 * @throws WebhookError with reason `refused`, `network` where the name is unknown, or `timeout`
 */
export async function checkedAddresses(
  rules: DialRules,
  { host, port }: { host: string; port: number },
  patienceMs: number,
): Promise<LookupAddress[]> {
  const addresses = isIP(host) === 0 ? await addressesOf(rules, host, patienceMs) : [host]
  return addresses.map((address) => {
    const family = isIP(address)
    if (family === 0 || !mayDial(rules, { host, port, address })) throw refusal(host, port)
    return { address, family }
  })
}

/** The system's resolver, with its hosts file. */
export async function systemLookup(host: string): Promise<string[]> {
  const addresses = await lookup(host, { all: true })
  return addresses.map(({ address }) => address)
}

/** An answer that never comes would keep everybody waiting who calls the same host. */
async function addressesOf(
  { lookup }: DialRules,
  host: string,
  patienceMs: number,
): Promise<readonly string[]> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    const error = new WebhookError('timeout', `${host} was looked up in vain for ${patienceMs} ms.`, {
      data: { host },
    })
    timer = setTimeout(() => reject(error), patienceMs)
  })
  const addresses = await Promise.race([known(lookup, host), late]).finally(() => clearTimeout(timer))
  if (addresses.length > 0) return addresses
  throw new WebhookError('network', `${host} has no address.`, { data: { host } })
}

async function known(lookup: DialRules['lookup'], host: string): Promise<readonly string[]> {
  try {
    return await lookup(host)
  } catch (cause) {
    throw new WebhookError('network', `${host} is not known by its name.`, { data: { host }, cause })
  }
}

function mayDial(
  { allow, ports }: DialRules,
  { host, port, address }: { host: string; port: number; address: string },
): boolean {
  const parsed = ipaddr.parse(address)
  const name = host.replace(/\.$/, '')
  const listed = ports.includes(port)
  const isAllowed = allow.some(
    (one) => one.covers(name, parsed) && (one.port === undefined ? listed : one.port === port),
  )
  return isAllowed || (listed && isPublic(parsed))
}

/** It does not say which address a name has: whoever adds jobs need not learn the names of the inner network. */
function refusal(host: string, port: number): WebhookError {
  const target = isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
  return new WebhookError(
    'refused',
    `${target} is refused: only public addresses on listed ports are called. If it is meant, give the handler's option allow: ['${target}'].`,
    { data: { host, port } },
  )
}
