import { InvalidInputError } from './errors.ts'
import { isPlainObject } from './plain-object.ts'

/** What one payload, result, progress or error data may take, in UTF-16 units of its JSON text. */
const MOST_CHARACTERS = 1024 * 1024
const DEEPEST = 100

/**
 * The JSON text of a value that JSON and PostgreSQL's jsonb can hold without loss.
 *
 * `undefined` properties are dropped and Dates become ISO strings, as JSON does; what JSON would change in silence is refused.
 *
 * @param path - the value's name, with which the path in an error begins
 * @throws InvalidInputError with reason `nul_character`, `lone_surrogate`, `bigint`, `not_finite`, `undefined_value`,
 * `not_plain`, `binary`, `invalid_date`, `cycle`, `too_deep`, `unreadable` or `too_large`
 * @example
 * jsonText({ a: 1, b: undefined }, 'payload') // => '{"a":1}'
 */
export function jsonText(value: unknown, path: string): string {
  checkValue(value, path, [])
  const text = readably(path, () => JSON.stringify(value))
  if (text.length > MOST_CHARACTERS) {
    throw new InvalidInputError(
      'too_large',
      path,
      `is ${text.length} characters of JSON; at most ${MOST_CHARACTERS} are stored. Keep the data elsewhere and pass a reference to it.`,
    )
  }
  return text
}

function checkValue(value: unknown, path: string, above: object[]): void {
  switch (typeof value) {
    case 'string':
      checkText(value, path)
      return
    case 'number':
      if (Number.isFinite(value)) return
      throw new InvalidInputError(
        'not_finite',
        path,
        `${value} has no JSON form; JSON would store null. Use null or a string.`,
      )
    case 'boolean':
      return
    case 'bigint':
      throw new InvalidInputError('bigint', path, 'JSON has no bigint. Use a string.')
    case 'object':
      if (value !== null) checkObject(value, path, above)
      return
    default:
      throw new InvalidInputError(
        'undefined_value',
        path,
        `${value === undefined ? 'undefined' : `a ${typeof value}`} has no JSON form. Use null, or leave the property out.`,
      )
  }
}

function checkText(text: string, path: string): void {
  if (text.includes('\0')) {
    throw new InvalidInputError(
      'nul_character',
      path,
      `has U+0000 at index ${text.indexOf('\0')}, which PostgreSQL cannot store. Remove it, or encode the bytes as base64.`,
    )
  }
  if (!text.isWellFormed()) {
    throw new InvalidInputError(
      'lone_surrogate',
      path,
      `has half a character (a lone surrogate) at index ${loneSurrogate(text)}, which no UTF-8 can hold. Cut texts between characters, or call toWellFormed().`,
    )
  }
}

function loneSurrogate(text: string): number {
  for (let at = 0; at < text.length; at++) {
    const code = text.codePointAt(at) as number
    if (code > 0xffff) at++
    else if (code >= 0xd800 && code <= 0xdfff) return at
  }
  return -1
}

function checkObject(value: object, path: string, above: object[]): void {
  if (above.includes(value))
    throw new InvalidInputError(
      'cycle',
      path,
      'contains itself. Store a reference (an id) in place of the object.',
    )
  if (above.length >= DEEPEST)
    throw new InvalidInputError(
      'too_deep',
      path,
      `is nested deeper than ${DEEPEST} levels. Flatten it, or keep it elsewhere and pass a reference.`,
    )
  const inner = [...above, value]
  readably(path, () => {
    if (Array.isArray(value)) return checkArray(value, path, inner)
    if (value instanceof Date) return checkDate(value, path)
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
      throw new InvalidInputError(
        'binary',
        path,
        'is binary data, which JSON would turn into a list of numbers. Use base64.',
      )
    if (typeof (value as { toJSON?: unknown }).toJSON === 'function')
      return checkAnswer((value as { toJSON(): unknown }).toJSON(), path, inner)
    return checkPlainObject(value, path, inner)
  })
}

/** JSON asks toJSON once: what it answers is taken as it stands, a Date there as an object without properties. */
function checkAnswer(answer: unknown, path: string, above: object[]): void {
  if (typeof answer !== 'object' || answer === null || Array.isArray(answer)) checkValue(answer, path, above)
  else checkPlainObject(answer, path, above)
}

function checkArray(values: readonly unknown[], path: string, above: object[]): void {
  for (let place = 0; place < values.length; place++) checkValue(values[place], `${path}[${place}]`, above)
}

function checkDate(date: Date, path: string): void {
  if (Number.isNaN(date.getTime()))
    throw new InvalidInputError('invalid_date', path, 'is an invalid Date. Give a valid one, or null.')
}

function checkPlainObject(value: object, path: string, above: object[]): void {
  if (!isPlainObject(value)) {
    throw new InvalidInputError(
      'not_plain',
      path,
      `is a ${Object.getPrototypeOf(value).constructor?.name ?? 'class instance'}, of which JSON would keep little or nothing. Use plain objects and arrays.`,
    )
  }
  for (const key of Object.keys(value)) {
    const here = `${path}.${key}`
    checkText(key, here)
    const property = readably(here, () => (value as Record<string, unknown>)[key])
    if (property !== undefined) checkValue(property, here, above)
  }
}

/** Runs user code that reading may hide: getters, proxies, toJSON. */
function readably<T>(path: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof InvalidInputError) throw error
    throw new InvalidInputError(
      'unreadable',
      path,
      `could not be read: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}
