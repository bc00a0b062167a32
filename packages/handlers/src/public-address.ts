import ipaddr from 'ipaddr.js'

/**
 * True for an address of the public internet, and for no other.
 *
 * It says which ones are reached and not which ones are not: loopback, private and link-local ones, carriers' NAT, multicast,
 * broadcast, 0.0.0.0/8, mapped and translated ones (`::ffff:`, NAT64, 6to4, Teredo), and what nobody has been given yet, all fall out.
 */
export function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast') return false
  if (address instanceof ipaddr.IPv4) return !SERVANTS.some((servant) => address.match(servant, 32))
  return address.match(GLOBAL_UNICAST, 3)
}

/** RFC 4291, 2.4: all that has been given to the internet so far lies in it. */
const GLOBAL_UNICAST = ipaddr.IPv6.parse('2000::')

/** Public by its number, and yet answered by the host that a virtual machine runs on, with its secrets: that of Azure. */
const SERVANTS = [ipaddr.IPv4.parse('168.63.129.16')]
