/** What pino and console already are. */
export interface Logger {
  debug(fields: object, message?: string): void
  info(fields: object, message?: string): void
  warn(fields: object, message?: string): void
  error(fields: object, message?: string): void
}

/** Says nothing: the default, so that a library never writes to somebody's output unasked. */
export const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }
