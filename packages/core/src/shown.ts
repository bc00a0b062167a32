import { inspect } from 'node:util'

/** A refused value as messages show it: on one line, cut, and whatever it is, without running code of its own. */
export function shown(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : inspect(value, { depth: 0, customInspect: false, breakLength: Number.POSITIVE_INFINITY })
  return text.length > 80 ? `${text.slice(0, 80).toWellFormed()}…` : text
}
