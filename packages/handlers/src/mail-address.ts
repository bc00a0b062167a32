import { domainToASCII } from 'node:url'
import { hasControl } from './control-characters.ts'

/**
 * Why nothing is sent to this address, or undefined where it is one.
 *
 * One address without name, comment, quotes or route: `ann@example.com`. The rest of what RFC 5322 allows has been read differently
 * by two programs more than once, and then one of them checks a domain and the other sends to another.
 *
 * @example
 * addressTrouble('ann@example.com') // => undefined
 * addressTrouble('a@x.com,b@y.com') // => 'has more than one @: give one address, or a list of them'
 */
export function addressTrouble(address: string): string | undefined {
  if (hasControl(address)) return 'has a control character, such as a line break'
  if (Buffer.byteLength(address) > 254) return 'is longer than the 254 bytes that an address may have'
  const [local = '', domain, ...rest] = address.split('@')
  if (domain === undefined) return 'has no @'
  if (rest.length > 0) return 'has more than one @: give one address, or a list of them'
  if (Buffer.byteLength(local) > 64 || !local.split('.').every(isAtom))
    return 'is no plain address before its @. A name goes beside it: { name, address }'
  return isDomain(domain) ? undefined : 'has no name of a domain behind its @'
}

/**
 * The address as it is compared and sent: its domain in ASCII and small letters, however it was spelt.
 *
 * @example
 * canonicalAddress('Ann@Ｅxample.COM') // => 'Ann@example.com'
 */
export function canonicalAddress(address: string): string {
  const [local, domain = ''] = address.split('@')
  return `${local}@${domainToASCII(domain)}`
}

function isAtom(part: string): boolean {
  return /^[\p{L}\p{M}\p{N}!#$%&'*+/=?^_`{|}~-]+$/u.test(part)
}

/** The raw text first: what turns it into ASCII would also decode percent signs and drop what it ignores. */
function isDomain(domain: string): boolean {
  if (!/^[\p{L}\p{M}\p{N}.-]+$/u.test(domain)) return false
  const labels = domainToASCII(domain).split('.')
  return labels.every(isLabel) && !/^\d+$/.test(labels.at(-1) as string)
}

function isLabel(label: string): boolean {
  return /^[a-z0-9-]{1,63}$/.test(label) && !label.startsWith('-') && !label.endsWith('-')
}
