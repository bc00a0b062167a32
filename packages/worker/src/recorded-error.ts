import { JobError } from '@jq/core'
import { jsonText, type RecordedError } from '@jq/core/internal'

const MOST_CHARACTERS = 16 * 1024

/** What is kept of whatever a handler threw: never empty, clean of what PostgreSQL cannot store, at most 16 KiB each. */
export function recordedError(thrown: unknown): RecordedError {
  return { message: messageOf(thrown), data: dataOf(thrown) }
}

/** An Error of whatever was thrown, for retry rules, logs and onError. */
export function asError(thrown: unknown): Error {
  return isA(thrown, Error) ? thrown : new Error(messageOf(thrown), { cause: thrown })
}

/** Like instanceof, for what may be a proxy that answers no question. */
export function isA<T>(thrown: unknown, kind: abstract new (...args: never[]) => T): thrown is T {
  return read(() => thrown instanceof kind) ?? false
}

function messageOf(thrown: unknown): string {
  // Whoever makes errors by hand may have given them a message that is no text.
  const said = read(() => String(isA(thrown, Error) ? thrown.message : thrown))
  if (said !== undefined && said !== '') return storable(said)
  return storable(
    read(() => (isA(thrown, Error) ? `${thrown.name} without a message` : undefined)) ??
      'Something was thrown that cannot be read',
  )
}

function dataOf(thrown: unknown): string | null {
  if (isA(thrown, JobError)) {
    const given = read(() => (thrown.data === undefined ? undefined : jsonText(thrown.data, 'data')))
    if (given !== undefined && given.length <= MOST_CHARACTERS) return given
  }
  return isA(thrown, Error) ? JSON.stringify(described(thrown)) : null
}

/** The parts of an error, each read on its own: a getter that throws costs its part and no other. */
function described(error: Error): Record<string, string> {
  const cause = read(() => (error.cause === undefined ? undefined : messageOf(error.cause)))
  const parts = {
    name: read(() => error.name),
    code: read(() => (error as { code?: unknown }).code),
    stack: read(() => error.stack),
    cause,
  }
  const room = MOST_CHARACTERS / 4
  const texts = Object.entries(parts).flatMap(([key, value]) =>
    typeof value === 'string' || typeof value === 'number'
      ? [[key, storable(String(value)).slice(0, room).toWellFormed()]]
      : [],
  )
  return Object.fromEntries(texts) as Record<string, string>
}

/** Cut first, cleaned second: cleaning a hundred megabytes would take longer than the work. */
function storable(text: string): string {
  return text.slice(0, MOST_CHARACTERS).replaceAll('\0', '\ufffd').toWellFormed()
}

function read<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}
