import { InvalidInputError } from './errors.ts'
import { loggedError } from './logged-error.ts'
import { shown } from './shown.ts'

/** What pino and console already are. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** Says nothing: the default, so that a library never writes to somebody's output unasked. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/**
 * The same logger, whose trouble is nobody's job.
 *
 * @throws InvalidInputError with reason `invalid_logger` for what lacks one of the four functions
 */
export function checkedLogger(logger: Logger, path: string): Logger {
  const given = (logger ?? {}) as Partial<Record<keyof Logger, unknown>>
  const missing = LEVELS.filter((level) => typeof given[level] !== 'function')
  if (missing.length === 0) return safeLogger(logger)
  throw new InvalidInputError(
    'invalid_logger',
    path,
    `${shown(logger)} is no logger: it has no function ${missing.join(', ')}. Give console, a pino logger, or an object with debug, info, warn and error.`,
  )
}

const LEVELS = ['debug', 'info', 'warn', 'error'] as const satisfies (keyof Logger)[]

/** A logger that throws, at once or later, costs nobody anything. */
export function safeLogger(logger: Logger): Logger {
  if (logger === silentLogger) return silentLogger // by which those know who need not even make a line
  const safely = (level: keyof Logger) => (fields: object, message?: string) =>
    carelessly(
      () => logger[level](fields, message),
      () => undefined, // there is nowhere left to say it
    )
  return { debug: safely('debug'), info: safely('info'), warn: safely('warn'), error: safely('error') }
}

/** What a user's callback throws, or rejects with, is nobody's job but is told to the logger. */
export function safely(onError: (error: Error) => void, logger: Logger): (error: Error) => void {
  return (error) =>
    carelessly(
      () => onError(error),
      (thrown) => logger.error({ event: 'onError.failed', err: loggedError(thrown) }, 'onError threw'),
    )
}

/** Calls what answers nothing by its type, yet may be asynchronous all the same. */
function carelessly(call: () => unknown, onTrouble: (thrown: unknown) => void): void {
  try {
    const answer = call()
    if (answer instanceof Promise) answer.catch(onTrouble)
  } catch (thrown) {
    onTrouble(thrown)
  }
}
