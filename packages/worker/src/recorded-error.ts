import { JobError } from '@jq/core'
import { jsonText, type RecordedError } from '@jq/core/internal'

const MOST_CHARACTERS = 16 * 1024

/** What is kept of whatever a handler threw: never empty, clean of what PostgreSQL cannot store, at most 16 KiB each. */
export function recordedError(thrown: unknown): RecordedError {
  return { message: messageOf(thrown), data: dataOf(thrown) }
}

/** An Error of whatever was thrown, for retry rules, logs and onError. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(messageOf(thrown), { cause: thrown })
}

function messageOf(thrown: unknown): string {
  const said = read(() => (thrown instanceof Error ? thrown.message : String(thrown)))
  if (said !== undefined && said !== '') return storable(said)
  return storable(
    read(() => (thrown instanceof Error ? `${thrown.name} without a message` : undefined)) ??
      'Something was thrown that cannot be read',
  )
}

function dataOf(thrown: unknown): string | null {
  if (thrown instanceof JobError && thrown.data !== undefined) {
    const given = read(() => jsonText(thrown.data, 'data'))
    if (given !== undefined && given.length <= MOST_CHARACTERS) return given
  }
  return thrown instanceof Error ? JSON.stringify(described(thrown)) : null
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
