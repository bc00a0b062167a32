import { InvalidInputError } from '@jq/core'
import { shown } from '@jq/core/internal'

/** A whole number between two others. @throws InvalidInputError with reason `invalid_number` */
export function checkedWhole(value: number, bounds: { least: number; most: number }, path: string): number {
  if (Number.isInteger(value) && value >= bounds.least && value <= bounds.most) return value
  throw new InvalidInputError(
    'invalid_number',
    path,
    `is ${shown(value)}. Give a whole number from ${bounds.least} to ${bounds.most}.`,
  )
}
