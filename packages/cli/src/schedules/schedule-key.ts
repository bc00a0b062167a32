import type { Option } from 'commander'
import type { Given } from '../leaf.ts'
import { text } from '../option-kinds.ts'

/** Which of several schedules of one name. */
export const keyOption: Option = text(
  '--key <KEY>',
  'of several schedules of this name, the one with this key',
)

export interface KeyFlags {
  readonly key?: string
}

/** What names a schedule. */
export function nameOf({ args, flags }: Given<KeyFlags>): [name: string, key: string] {
  return [args[0] ?? '', flags.key ?? '']
}

/** The same for people. */
export function called([name, key]: readonly [string, string]): string {
  return key === '' ? `schedule ${name}` : `schedule ${name} with key ${key}`
}
