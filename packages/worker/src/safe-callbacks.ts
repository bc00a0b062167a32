import type { Logger } from '@jq/core'

/** A logger that throws is nobody's job. */
export function safeLogger(logger: Logger): Logger {
  const safely = (level: keyof Logger) => (fields: object, message?: string) => {
    try {
      logger[level](fields, message)
    } catch {
      // There is nowhere left to say it.
    }
  }
  return { debug: safely('debug'), info: safely('info'), warn: safely('warn'), error: safely('error') }
}

/** What a user's callback throws is nobody's job. */
export function safely(onError: (error: Error) => void, logger: Logger): (error: Error) => void {
  return (error) => {
    try {
      onError(error)
    } catch (thrown) {
      logger.error({ error: thrown }, 'onError threw')
    }
  }
}
