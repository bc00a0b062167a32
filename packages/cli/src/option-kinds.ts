import { duration } from '@jq/core'
import { InvalidArgumentError, Option } from 'commander'

/** `--yes`: it is there or it is not. */
export function toggle(flags: string, description: string): Option {
  return new Option(flags, description)
}

/** `--origin <TEXT>`: any text but an empty one, which is a variable of the shell that was not set. */
export function text(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    if (value === '') throw new InvalidArgumentError('It is empty.')
    return value
  })
}

/** `--threads <N>`: a whole number. */
export function count(
  flags: string,
  description: string,
  { least = 0, most = 1_000_000_000 }: { least?: number; most?: number } = {},
): Option {
  return new Option(flags, description).argParser((value: string) => {
    const number = /^-?\d+$/.test(value) ? Number(value) : Number.NaN
    if (number >= least && number <= most) return number
    throw new InvalidArgumentError(`Give a whole number from ${least} to ${most}.`)
  })
}

/** `--older-than <DURATION>`: `90s`, `5m`, `7d`. */
export function span(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    try {
      return duration(value)
    } catch {
      throw new InvalidArgumentError('Give a number and a unit: 250ms, 10s, 5m, 1h, 7d.')
    }
  })
}

/** `--start-at <TIME>`: a day, or a moment with its zone; a time without one would mean another thing on each machine. */
export function moment(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    const isMoment = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/.test(value)
    const date = new Date(isMoment ? value : Number.NaN)
    if (!Number.isNaN(date.getTime())) return date
    throw new InvalidArgumentError(
      'Give a moment with its zone: 2027-01-31T08:00:00Z, or +02:00 in place of the Z.',
    )
  })
}

/** `--state <STATES>`: one or more of these, with commas between them. */
export function someOf(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).argParser((value: string) => {
    const given = listed(value)
    const stranger = given.find((one) => !choices.includes(one))
    if (stranger === undefined && given.length > 0) return given
    throw new InvalidArgumentError(`There are: ${choices.join(', ')}.`)
  })
}

/** `--format <FORMAT>`: one of these. */
export function oneOf(flags: string, description: string, choices: readonly string[]): Option {
  return new Option(flags, description).choices([...choices])
}

/** `--types <TYPES>`: a list with commas. */
export function list(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string) => {
    const given = listed(value)
    if (given.length > 0) return given
    throw new InvalidArgumentError('It is empty.')
  })
}

function listed(value: string): string[] {
  return value
    .split(',')
    .map((one) => one.trim())
    .filter((one) => one !== '')
}
