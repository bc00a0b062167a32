import type { WorkerService } from '@jq/core'
import { withCallsCounted } from './calls-in-flight.ts'
import { type CheckedOptions, checkedOptions, type JobQueueOptions } from './job-queue-options.ts'
import { PostgresService } from './postgres-service.ts'

/**
 * The job queue of a PostgreSQL database.
 *
 * Connects at the first call, after `migrate: 'up'` where asked; starts no timer, no LISTEN and no migration by itself: a module
 * can export it, and a producer in a serverless function needs nothing else.
 *
 * @throws InvalidInputError for options that cannot be
 * @example
 * const queue = createJobQueue({ connectionString: process.env.DATABASE_URL, migrate: 'up' })
 * setDefaultService(queue)
 */
export function createJobQueue(options: JobQueueOptions): WorkerService {
  return queueOf(checkedOptions(options))
}

/** Of code that knows another history of the schema, too, in tests of two releases on one database. */
export function queueOf(options: CheckedOptions): WorkerService {
  const queue: WorkerService = withCallsCounted(new PostgresService(options, () => queue))
  return queue
}
