import { type InvalidInputError, type JobQueue, JobQueueError, type Logger } from '@jq/core'
import { loggedError } from '@jq/core/internal'
import { Problem } from './problem.ts'

/** What the service's own errors are to a client; the rest is nobody's business but the log's. */
const STATUS: Readonly<Record<string, number>> = {
  invalid_input: 400,
  not_found: 404,
  job_running: 409,
  bundle_sealed: 409,
  bundle_stopped: 409,
  key_held: 409,
  commit_unknown: 503,
  not_migrated: 503,
  closed: 503,
  not_initialized: 503,
  permission_denied: 500,
}

/** Names what was thrown in words that a client may read: never a stack, and nothing of the database that nobody has reviewed. */
export async function problemOf(error: unknown, jobqueue: JobQueue, logger: Logger): Promise<Problem> {
  if (error instanceof Problem) return error
  if (isOurs(error)) {
    const issues = isInvalidInput(error) ? [{ path: error.path, message: error.message }] : []
    return new Problem(STATUS[error.code] ?? 500, error.code, error.message, { issues })
  }
  logger.error({ event: 'http.requestFailed', err: loggedError(error) }, 'a request failed')
  if (await isDown(jobqueue))
    return new Problem(503, 'unavailable', 'The database cannot be reached at the moment. Try again.', {
      headers: { 'retry-after': '5' },
    })
  return new Problem(500, 'internal', 'Something went wrong here. The log of the server says what.')
}

/** By its code as well: a program may hold two copies of core. */
function isOurs(error: unknown): error is JobQueueError {
  if (error instanceof JobQueueError) return true
  return error instanceof Error && Object.hasOwn(STATUS, (error as { code?: string }).code ?? '')
}

function isInvalidInput(error: JobQueueError): error is InvalidInputError {
  return error.code === 'invalid_input'
}

async function isDown(jobqueue: JobQueue): Promise<boolean> {
  try {
    return (await jobqueue.health()).status === 'down'
  } catch {
    return true
  }
}
