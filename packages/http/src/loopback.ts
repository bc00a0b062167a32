import { BlockList, isIP, isIPv4 } from 'node:net'

/** Whether a server that listens there is reached from this machine only. */
export function isLoopback(host: string): boolean {
  const bare = host.replace(/^\[(.*)\]$/, '$1')
  if (bare === 'localhost') return true
  return isIP(bare) !== 0 && ownAddresses().check(bare, isIPv4(bare) ? 'ipv4' : 'ipv6')
}

/**
 * Whether the header `Host` names this machine. A page of another site whose name suddenly leads here would send that name: the
 * browser holds us for its own server, and the name is all that tells.
 */
export function isLoopbackHost(header: string | null): boolean {
  if (header === null || !URL.canParse(`http://${header}`)) return false
  return isLoopback(new URL(`http://${header}`).hostname)
}

function ownAddresses(): BlockList {
  const addresses = new BlockList()
  addresses.addSubnet('127.0.0.0', 8, 'ipv4')
  addresses.addAddress('::1', 'ipv6')
  return addresses
}
