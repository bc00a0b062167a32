import type { Job, Logger } from '@jq/core'

/** A logger whose lines say which attempt of which job they belong to. */
export function jobLogger(logger: Logger, { id, type, attempt }: Job): Logger {
  const about = { jobId: id, jobType: type, attempt }
  return {
    debug: (fields, message) => logger.debug(together(about, fields), message),
    info: (fields, message) => logger.info(together(about, fields), message),
    warn: (fields, message) => logger.warn(together(about, fields), message),
    error: (fields, message) => logger.error(together(about, fields), message),
  }
}

/** Handlers of no types may say anything, and no attempt shall end for a line that cannot be read. */
function together(about: object, fields: unknown): object {
  if (fields instanceof Error) return { ...about, err: fields }
  if (typeof fields !== 'object') return { ...about, fields }
  try {
    return { ...about, ...fields }
  } catch (error) {
    return { ...about, fields: `could not be read: ${(error as Error)?.message}` }
  }
}
