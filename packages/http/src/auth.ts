import { InvalidInputError } from '@jq/core'
import { refuseUnknown, shown } from '@jq/core/internal'
import { allRights, type Right } from './right.ts'

/** A bearer token and what it is good for. */
export interface TokenGrant {
  /** Refused where it is undefined or empty, so that a variable which nobody set opens nothing. */
  token: string | undefined
  /** @defaultValue all rights */
  can?: readonly Right[] | undefined
  /** Stands in the log for whoever used it. @defaultValue 'token 1', 'token 2', … */
  name?: string | undefined
}

/** The rights of whoever sent a request; null: nobody that is known. It must leave the request's body alone. */
export type AskRights = (request: Request) => readonly Right[] | null | Promise<readonly Right[] | null>

/** Who may do what: one token, several tokens, or a function that knows it. */
export type Auth = TokenGrant | { tokens: readonly TokenGrant[] } | AskRights

/** Tokens that were checked; a function; or nobody is asked, since somebody else has. */
export type CheckedAuth = readonly Required<CheckedToken>[] | AskRights | 'none'

interface CheckedToken {
  readonly token: string
  readonly can: readonly Right[]
  readonly name: string
}

/** @throws InvalidInputError */
export function checkedAuth(auth: Auth | 'none'): CheckedAuth {
  if (auth === 'none' || typeof auth === 'function') return auth
  if (auth === undefined || auth === null)
    throw new InvalidInputError(
      'no_auth',
      'options.auth',
      "is missing. Give { token }, { tokens } or a function that answers with rights; 'none' only where the program around it has checked who asks.",
    )
  if (typeof auth === 'object' && 'tokens' in auth) return checkedTokens(auth)
  refuseUnknown(auth, ['token', 'can', 'name'], 'options.auth')
  return [checkedToken(auth, 'options.auth', 1)]
}

function checkedTokens(auth: { tokens: readonly TokenGrant[] }): CheckedToken[] {
  refuseUnknown(auth, ['tokens'], 'options.auth')
  if (!Array.isArray(auth.tokens) || auth.tokens.length === 0)
    throw new InvalidInputError(
      'no_auth',
      'options.auth.tokens',
      'has no token, so that nobody could enter. Give an array of { token, can }.',
    )
  return auth.tokens.map((grant: TokenGrant, place) => {
    const path = `options.auth.tokens[${place}]`
    refuseUnknown(grant, ['token', 'can', 'name'], path)
    return checkedToken(grant, path, place + 1)
  })
}

function checkedToken({ token, can, name }: TokenGrant, path: string, number: number): CheckedToken {
  // The token itself stays out of the message, whatever is wrong with it.
  if (typeof token !== 'string' || !/^[\x21-\x7e]+$/.test(token))
    throw new InvalidInputError(
      'invalid_token',
      `${path}.token`,
      'is missing, empty, or has characters that a header cannot carry. Give ASCII without spaces, best 32 random bytes in hexadecimal.',
    )
  return {
    token,
    can: can === undefined ? allRights : checkedRights(can, `${path}.can`),
    name: name ?? `token ${number}`,
  }
}

/** @throws InvalidInputError */
export function checkedRights(rights: readonly Right[], path: string): readonly Right[] {
  const stranger = Array.isArray(rights) ? rights.find((right) => !allRights.includes(right)) : rights
  if (stranger === undefined) return rights
  throw new InvalidInputError(
    'invalid_right',
    path,
    `${shown(stranger)} is no right. There are: ${allRights.join(', ')}.`,
  )
}
