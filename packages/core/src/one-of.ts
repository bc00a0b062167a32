import { InvalidInputError } from './errors.ts'
import { shown } from './shown.ts'

/** @throws InvalidInputError with reason `invalid_option` for what is none of the choices */
export function oneOf<T extends string>(choices: readonly T[], value: T, path: string): T {
  if (choices.includes(value)) return value
  throw new InvalidInputError(
    'invalid_option',
    path,
    `${shown(value)} is none of ${choices.map((choice) => `'${choice}'`).join(', ')}.`,
  )
}
