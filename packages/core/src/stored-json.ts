import { InvalidInputError } from './errors.ts'

/**
 * A stored JSON text, as JavaScript reads it.
 *
 * PostgreSQL keeps numbers of any length; those beyond double precision, which only others than this library can have written,
 * would be read as Infinity. They have 309 digits at least, so that few texts need be looked through.
 *
 * @returns `refusal`: where the value is not what was stored, an InvalidInputError with reason `not_finite`
 */
export function storedJson(text: string, path: string): { value: unknown; refusal?: InvalidInputError } {
  const value: unknown = JSON.parse(text)
  const place = text.length > 308 && /\d{309}/.test(text) ? infinitePlace(value, path) : undefined
  if (place === undefined) return { value }
  const refusal = new InvalidInputError(
    'not_finite',
    place,
    'is stored as a number beyond double precision, which JavaScript reads as Infinity. Whoever adds the job shall write it as a string.',
  )
  return { value, refusal }
}

/** Without recursion: what others have stored may be nested deeper than a stack holds. */
function infinitePlace(value: unknown, path: string): string | undefined {
  const left: { value: unknown; path: string }[] = [{ value, path }]
  for (let one = left.pop(); one !== undefined; one = left.pop()) {
    const { value, path } = one
    if (value === Number.POSITIVE_INFINITY || value === Number.NEGATIVE_INFINITY) return path
    if (typeof value !== 'object' || value === null) continue
    for (const [key, inner] of Object.entries(value))
      left.push({ value: inner, path: Array.isArray(value) ? `${path}[${key}]` : `${path}.${key}` })
  }
  return undefined
}
