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
  const bytes = randomBytes16()
  bytes.writeUIntBE(Math.max(0, Date.now()), 0, 6) // a clock before 1970 loses the order, and nothing else
  return uuid(bytes, 7)
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
  return uuid(hash.subarray(0, 16), 5)
}

const URL_NAMESPACE = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex')

function uuid(bytes: Buffer, version: 5 | 7): string {
  bytes[6] = (version << 4) | ((bytes[6] as number) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] as number) & 0x3f)
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

// Drawn 256 ids at a time: asking the system for each id would be half the cost of an `add`.
const drawn = Buffer.alloc(16 * 256)
let next = drawn.length

function randomBytes16(): Buffer {
  if (next === drawn.length) {
    randomFillSync(drawn)
    next = 0
  }
  next += 16
  return drawn.subarray(next - 16, next)
}
