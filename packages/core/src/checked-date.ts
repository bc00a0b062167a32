import { InvalidInputError } from './errors.ts'

/** @throws InvalidInputError with reason `invalid_date` */
export function checkedDate(date: Date, path: string): Date {
  if (date instanceof Date && !Number.isNaN(date.getTime())) return date
  throw new InvalidInputError('invalid_date', path, 'is no valid Date.')
}
