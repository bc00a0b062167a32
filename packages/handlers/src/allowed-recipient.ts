import { domainToASCII } from 'node:url'
import { InvalidInputError } from '@jq/core'
import { shown } from '@jq/core/internal'
import { addressTrouble, canonicalAddress } from './mail-address.ts'

/** @param address - canonical */
export type AllowedRecipient = (address: string) => boolean

/**
 * Reads one entry of the option `recipients`: `'ann@example.com'`, or `'*@example.com'` for all of exactly that domain.
 *
 * @throws InvalidInputError with reason `invalid_recipient`
 */
export function allowedRecipient(entry: string, path: string): AllowedRecipient {
  const trouble = typeof entry === 'string' ? addressTrouble(entry.replace(/^\*@/, 'all@')) : 'is no text'
  if (trouble !== undefined)
    throw new InvalidInputError(
      'invalid_recipient',
      path,
      `${shown(entry)} ${trouble}. Give an address, or all of a domain: '*@example.com'.`,
    )
  if (!entry.startsWith('*@')) return (address) => same(address) === same(canonicalAddress(entry))
  const domain = domainToASCII(entry.slice(2))
  return (address) => address.split('@')[1] === domain
}

/** Before the @, capitals mean nothing to any server that people use. */
function same(address: string): string {
  return address.toLowerCase()
}
