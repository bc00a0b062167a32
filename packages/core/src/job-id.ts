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
  writeTime()
  writeRandom()
  return written.toString('latin1')
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

// An id is written over the one before it: to format each from its bytes took twice as long and left more to be collected.
const written = Buffer.from('00000000-0000-7000-8000-000000000000')
let writtenTime = 0

function writeTime(): void {
  const time = Math.max(0, Date.now()) // a clock before 1970 loses the order, and nothing else
  if (time === writtenTime) return
  const digits = time.toString(16).padStart(12, '0')
  written.write(`${digits.slice(0, 8)}-${digits.slice(8)}`, 'latin1')
  writtenTime = time
}

const DIGITS = Buffer.from('0123456789abcdef')
const VARIANT_PLACE = 19
const RANDOM_PLACES = [15, 16, 17, 20, 21, 22, ...Array.from({ length: 12 }, (_, place) => 24 + place)]
// Drawn for 256 ids at a time, a byte for each digit: asking the system for each id would be half the cost of an `add`.
const drawn = Buffer.alloc((RANDOM_PLACES.length + 1) * 256)
let next = drawn.length

function writeRandom(): void {
  if (next === drawn.length) {
    randomFillSync(drawn)
    next = 0
  }
  written[VARIANT_PLACE] = DIGITS[8 | (drawnByte() & 3)] as number
  for (const place of RANDOM_PLACES) written[place] = DIGITS[drawnByte() & 15] as number
}

function drawnByte(): number {
  return drawn[next++] as number
}
