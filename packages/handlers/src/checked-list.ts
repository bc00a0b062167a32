import { InvalidInputError } from '@jq/core'
import { shown } from '@jq/core/internal'

/** Each entry of a list, checked under its own path. @throws InvalidInputError with reason `invalid_list`, and what `check` throws */
export function checkedList<T, U>(
  list: readonly T[],
  check: (entry: T, path: string) => U,
  path: string,
): U[] {
  if (Array.isArray(list)) return list.map((entry, place) => check(entry, `${path}[${place}]`))
  throw new InvalidInputError('invalid_list', path, `is ${shown(list)}. Give a list.`)
}
