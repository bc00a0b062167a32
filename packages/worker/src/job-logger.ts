import type { Job, Logger } from '@jq/core'

/** A logger whose lines say which attempt of which job they belong to. */
export function jobLogger(logger: Logger, { id, type, attempt }: Job): Logger {
  const about = { jobId: id, jobType: type, attempt }
  return {
    debug: (fields, message) => logger.debug({ ...about, ...fields }, message),
    info: (fields, message) => logger.info({ ...about, ...fields }, message),
    warn: (fields, message) => logger.warn({ ...about, ...fields }, message),
    error: (fields, message) => logger.error({ ...about, ...fields }, message),
  }
}
