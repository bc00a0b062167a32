import { createHash, randomFillSync } from 'node:crypto'
import { InvalidInputError } from './errors.ts'
import { shown } from './shown.ts'

/** UUIDv7, made by the client before the first try, so that a retried `add` after a lost reply gives one job. */
export type JobId = string
export type BundleId = string

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

/** @throws InvalidInputError with reason `invalid_id` unless `id` is a UUID */
export function checkedId(id: unknown, path: string): string {
  if (typeof id === 'string' && UUID.test(id)) return id.toLowerCase()
  throw new InvalidInputError(
    'invalid_id',
    path,
    `${shown(id)} is no UUID. Leave it out for a new one, or make one from a name of yours with idFor(namespace, name).`,
  )
}

/** @throws InvalidInputError with reason `not_iterable` or `invalid_id` */
export function checkedIds(ids: readonly string[], path: string): string[] {
  if (Array.isArray(ids)) return ids.map((id, place) => checkedId(id, `${path}[${place}]`))
  throw new InvalidInputError(
    'not_iterable',
    path,
    `${shown(ids)} is no array of ids. Give one, even for a single id.`,
  )
}

/**
 * A new id, rising with time so that an index of ids grows at its end.
 *
 * Source: RFC 9562, UUID version 7. The process's clock only sorts; it decides nothing.
 */
export function newId(): JobId {
  const at = drawnAt()
  const versioned = hex(at).slice(1)
  const variant = HEX[0x80 | ((drawn[at + 2] as number) & 0x3f)] as string
  return `${timeText()}-7${versioned}${hex(at + 1)}-${variant}${hex(at + 3)}-${hex(at + 4)}${hex(at + 5)}${hex(at + 6)}${hex(at + 7)}${hex(at + 8)}${hex(at + 9)}`
}

/**
 * The same id for the same name for ever: `add` with it is idempotent as long as the job's row is kept.
 *
 * Source: RFC 9562, UUID version 5, of `namespace`, a zero byte and `name`, under the RFC's URL namespace.
 *
 * @example
 * idFor('invoice', '2026-17') // => 'ec5c12dc-dbab-5900-b57f-91971a6c5b9b'
 */
export function idFor(namespace: string, name: string): JobId {
  const hash = createHash('sha1').update(URL_NAMESPACE).update(namespace).update('\0').update(name).digest()
  hash[6] = 0x50 | ((hash[6] as number) & 0x0f)
  hash[8] = 0x80 | ((hash[8] as number) & 0x3f)
  const hex = hash.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`
}

const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

// An id is put together from a table of bytes, with a time that is written once a millisecond: to format each took twice as long.
const HEX: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const written = { time: -1, text: '' }

function timeText(): string {
  const time = Math.max(0, Date.now()) // a clock before 1970 loses the order, and nothing else
  if (time !== written.time) {
    const digits = time.toString(16).padStart(12, '0')
    Object.assign(written, { time, text: `${digits.slice(0, 8)}-${digits.slice(8)}` })
  }
  return written.text
}

// Drawn for 256 ids at a time: asking the system for each id would be half the cost of an `add`.
const BYTES_OF_ID = 10
const drawn = Buffer.alloc(BYTES_OF_ID * 256)
let next = drawn.length

/** Where the random bytes of an id begin. */
function drawnAt(): number {
  if (next === drawn.length) {
    randomFillSync(drawn)
    next = 0
  }
  next += BYTES_OF_ID
  return next - BYTES_OF_ID
}

function hex(at: number): string {
  return HEX[drawn[at] as number] as string
}
