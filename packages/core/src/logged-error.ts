/** Deeper causes are left out of a line. */
const MOST_CAUSES = 3

/**
 * What of a thrown error goes into a log: its name, message, code, stack and causes. Whatever else it carries may be a payload, or a
 * part of one.
 */
export function loggedError(thrown: unknown, causes = MOST_CAUSES): unknown {
  if (!isError(thrown)) return typeof thrown === 'object' ? undefined : String(thrown)
  const { name, message, code, stack, cause } = partsOf(thrown)
  const error = new Error(message)
  const inner = cause === undefined || causes === 0 ? undefined : loggedError(cause, causes - 1)
  Object.defineProperty(error, 'name', { value: name, configurable: true })
  Object.defineProperty(error, 'stack', { value: stack, configurable: true })
  if (typeof code === 'string' || typeof code === 'number') Object.assign(error, { code })
  if (inner !== undefined) Object.defineProperty(error, 'cause', { value: inner, configurable: true })
  return error
}

function isError(thrown: unknown): thrown is Error {
  return read(() => thrown instanceof Error) ?? false
}

/** Each read on its own: whoever made it by hand may have put a getter that throws in its place. */
function partsOf(error: Error) {
  return {
    name: String(read(() => error.name) ?? 'Error'),
    message: String(read(() => error.message) ?? 'an error that cannot be read'),
    code: read(() => (error as { code?: unknown }).code),
    stack: read(() => error.stack),
    cause: read(() => error.cause),
  }
}

function read<T>(get: () => T): T | undefined {
  try {
    return get()
  } catch {
    return undefined
  }
}
