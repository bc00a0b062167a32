import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'

/**
 * Reads a stream of JSON values, one a line: the words in which a test and its processes talk.
 *
 * @param onOther - takes lines that are no JSON; without it they are left out
 * @example
 * for await (const order of jsonLines(process.stdin)) await obey(order)
 */
export async function* jsonLines<Value = unknown>(
  stream: Readable,
  onOther: (line: string) => void = () => undefined,
): AsyncGenerator<Value, void, undefined> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
    const value = parsed(line)
    if (value === undefined) onOther(line)
    else yield value as Value
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
