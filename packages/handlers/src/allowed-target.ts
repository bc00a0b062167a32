import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import { InvalidInputError } from '@jq/core'
import { shown } from '@jq/core/internal'
import ipaddr from 'ipaddr.js'

/** One entry of the option `allow`: a name, an address or a range of addresses, perhaps with the one port that it opens. */
export interface AllowedTarget {
  readonly port: number | undefined
  /** @param host - as the URL says it; `address` is what is dialled for it */
  covers(host: string, address: ipaddr.IPv4 | ipaddr.IPv6): boolean
}

/**
 * Reads `'127.0.0.1:9000'`, `'10.1.0.0/16'`, `'[fd00::/8]:443'`, `'fd00::1'`, `'hooks.internal:8080'`.
 *
 * @throws InvalidInputError with reason `invalid_target`
 */
export function allowedTarget(entry: string, path: string): AllowedTarget {
  const { host, port } = parts(entry)
  const covers = host === undefined ? undefined : (inRange(host) ?? named(host))
  if (covers !== undefined && (port === undefined || (port > 0 && port < 65_536))) return { port, covers }
  throw new InvalidInputError(
    'invalid_target',
    path,
    `${shown(entry)} is no target. Give a name, an address or a range (10.1.0.0/16), each with or without a port: '127.0.0.1:9000', '[::1]:9000', 'hooks.internal'.`,
  )
}

function parts(entry: unknown): { host?: string | undefined; port?: number | undefined } {
  if (typeof entry !== 'string') return {}
  const bare = entry.split('/')[0] ?? ''
  if (isIP(bare) === 6) return { host: entry }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(entry) ?? []
  return { host: bracketed ?? plain, port: port === undefined ? undefined : Number(port) }
}

/** The strict reading of `isIP` decides what is an address: the library would also take `127.1` and `0x7f000001`. */
function inRange(host: string): AllowedTarget['covers'] | undefined {
  const [text = '', length, ...rest] = host.split('/')
  const bits = isIP(text) === 4 ? 32 : 128
  if (isIP(text) === 0 || text.includes('%') || rest.length > 0) return undefined
  if (length !== undefined && !(/^\d{1,3}$/.test(length) && Number(length) <= bits)) return undefined
  const range = ipaddr.parse(text)
  const prefix = length === undefined ? bits : Number(length)
  return (_, address) => address.kind() === range.kind() && address.match(range, prefix)
}

/** A name is allowed whatever it leads to: who puts it here answers for its records. */
function named(host: string): AllowedTarget['covers'] | undefined {
  const name = domainToASCII(host)
  const isName = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/.test(name) && /[a-z]/.test(name.split('.').at(-1) as string)
  return isName ? (asked) => asked === name : undefined
}
