import { InvalidInputError } from './errors.ts'
import { shown } from './shown.ts'

/** A length of time: a number is milliseconds, a string is a number and a unit (`'250ms'`, `'10s'`, `'5m'`, `'1h'`, `'7d'`). */
export type Duration = number | `${number}${Unit}`
type Unit = 'ms' | 's' | 'm' | 'h' | 'd'

const MS: Readonly<Record<Unit, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }
/** A thousand years: what is longer is a slip of the pen, and leads to years that no Date reads back. */
const LONGEST_MS = 1_000 * 365.25 * MS.d

/**
 * Reads a Duration from text, as the environment and the command line give it.
 *
 * @param text - digits, perhaps with a decimal point, then `ms`, `s`, `m`, `h` or `d`; a bare number is milliseconds
 * @throws InvalidInputError with reason `invalid_duration` for signs, exponents, unknown units and empty text
 * @example
 * duration('90s') // => '90s'
 * duration('250') // => 250
 */
export function duration(text: string): Duration {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(text.trim()) ?? []
  if (digits === undefined) throw refusal(text, 'duration')
  // The digits as they were written: a number of many digits would come back as 1e+21.
  const value = unit === undefined ? Number(digits) : (`${digits}${unit}` as Duration)
  durationMs(value, 'duration')
  return value
}

/**
 * Milliseconds of a Duration.
 *
 * @param path - what the user calls it, for the error
 * @throws InvalidInputError with reason `invalid_duration`
 * @example
 * durationMs('1.5s', 'timeout') // => 1500
 */
export function durationMs(value: Duration, path: string): number {
  const ms = typeof value === 'number' ? value : typeof value === 'string' ? parsedMs(value) : Number.NaN
  if (!(ms >= 0 && ms <= LONGEST_MS)) throw refusal(value, path)
  return ms
}

function parsedMs(text: string): number {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text) ?? []
  return digits === undefined ? Number.NaN : Number(digits) * MS[unit as Unit]
}

function refusal(value: unknown, path: string): InvalidInputError {
  return new InvalidInputError(
    'invalid_duration',
    path,
    `${shown(value)} is no duration. Give milliseconds as a number from 0 on, or a number and a unit: '250ms', '10s', '5m', '1h', '7d'.`,
  )
}
