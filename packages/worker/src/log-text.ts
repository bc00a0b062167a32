/** Deeper than this nobody reads a line, and no stack need be feared for. */
const DEEPEST = 20

/**
 * The fields of a line as JSON text that PostgreSQL can store, whatever stands in them: a line that cannot be kept as it is must
 * not end its attempt. Errors are their name, message, code, stack and cause; a bigint is its digits; what contains itself, is too
 * deep or cannot be read says so in its place.
 *
 * @example
 * logText({ n: 1n }) // => '{"n":"1"}'
 */
export function logText(fields: unknown): string {
  try {
    return storable(JSON.stringify(fields, legible()) ?? 'null')
  } catch (error) {
    return storable(JSON.stringify({ unreadable: String((error as Error)?.message) }))
  }
}

function legible(): (this: unknown, key: string, value: unknown) => unknown {
  /** From the outermost to the one whose property is looked at. */
  const above: unknown[] = []
  return function (_, value) {
    if (typeof value === 'bigint') return String(value)
    if (typeof value !== 'object' || value === null) return value
    while (above.length > 0 && above.at(-1) !== this) above.pop()
    if (above.includes(value)) return '[circular]'
    if (above.length >= DEEPEST) return '[too deep]'
    const shown = value instanceof Error ? partsOf(value) : value
    above.push(shown)
    return shown
  }
}

function partsOf(error: Error): object {
  const { name, message, stack, cause } = error
  return { name, message, code: (error as { code?: unknown }).code, stack, cause }
}

/** Without what jsonb cannot hold: U+0000 and halves of characters, which JSON writes as escapes. */
function storable(json: string): string {
  return json.replace(ESCAPES, '$1\\ufffd')
}

/** An escape, and not a backslash that was escaped itself. */
const ESCAPES = /(?<!\\)((?:\\\\)*)\\u(?:0000|d[89a-f][0-9a-f]{2})/g
