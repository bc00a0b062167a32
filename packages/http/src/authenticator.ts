import { createHash, timingSafeEqual } from 'node:crypto'
import type { Logger } from '@jq/core'
import { type AskRights, type CheckedAuth, checkedRights } from './auth.ts'
import { FailedTries } from './failed-tries.ts'
import { Problem } from './problem.ts'
import { allRights, type Right } from './right.ts'

/** Who sent a request, as the log calls them, and what they may do. */
export interface Caller {
  readonly name: string
  readonly rights: readonly Right[]
}

/** Knows callers by their tokens, or by asking the program around it. */
export class Authenticator {
  readonly #logger: Logger
  readonly #tries: FailedTries
  readonly #ask: 'none' | AskRights | readonly (Caller & { readonly hash: Buffer })[]

  constructor(auth: CheckedAuth, logger: Logger, tries = new FailedTries()) {
    this.#logger = logger
    this.#tries = tries
    this.#ask =
      typeof auth === 'string' || typeof auth === 'function'
        ? auth
        : auth.map(({ token, can, name }) => ({ name, rights: can, hash: hashOf(token) }))
  }

  /**
   * @param address - where the request came from
   * @throws Problem 401 for nobody that is known, 429 for an address that has guessed too often
   */
  async callerOf(request: Request, address: string): Promise<Caller> {
    if (this.#ask === 'none') return { name: 'anybody', rights: allRights }
    if (typeof this.#ask === 'function') return askedCaller(this.#ask, request)
    const wait = this.#tries.waitOf(address)
    if (wait > 0)
      throw new Problem(429, 'too_many_tries', `Too many wrong tokens came from there. Try in ${wait} s.`, {
        headers: { 'retry-after': String(wait) },
      })
    const given = tokenIn(request)
    if (given === null) throw unknown('Bearer', 'Send the header "authorization: Bearer <token>".')
    const hash = hashOf(given)
    // Each is looked at to the end, so that the time taken tells nothing.
    const [caller] = this.#ask.filter((known) => timingSafeEqual(known.hash, hash))
    if (caller !== undefined) return caller
    this.#tries.count(address)
    this.#logger.warn({ event: 'http.tokenRefused', address }, 'a token was refused')
    throw unknown('Bearer error="invalid_token"', 'This token is not known here.')
  }

  /** Of somebody who needs no token: whether they sent one, all the same, that may read. */
  async mayRead(request: Request, address: string): Promise<boolean> {
    try {
      return (await this.callerOf(request, address)).rights.includes('read')
    } catch {
      return false
    }
  }
}

async function askedCaller(ask: AskRights, request: Request): Promise<Caller> {
  const rights = await ask(request)
  if (rights === null || rights === undefined) throw unknown('Bearer', 'Nobody is known by this request.')
  return { name: 'a caller', rights: checkedRights(rights, 'rights') }
}

function unknown(challenge: string, detail: string): Problem {
  return new Problem(401, 'unauthenticated', detail, { headers: { 'www-authenticate': challenge } })
}

function tokenIn(request: Request): string | null {
  const [, token] = /^bearer +([\x21-\x7e]+) *$/i.exec(request.headers.get('authorization') ?? '') ?? []
  return token ?? null
}

/** Of equal length whatever was sent, as the comparison needs it. */
function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}
