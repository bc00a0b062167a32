import { AsyncLocalStorage } from 'node:async_hooks'
import { ClosedError, NotInitializedError } from './errors.ts'
import type { JobQueue } from './job-queue.ts'
import { jobQueueMethods } from './job-queue-methods.ts'
import { NothingService } from './nothing-service.ts'

// The one state at module level: `jobqueue.add(...)` from any file is the point of it.
let defaultService: JobQueue | undefined
const contextService = new AsyncLocalStorage<JobQueue>()

/** The service that `jobqueue` is in this process, wherever no `runWithService` says otherwise. */
export function setDefaultService(service: JobQueue): void {
  defaultService = service
}

/** Runs `fn`, in which, and in everything it awaits, `jobqueue` is this service. */
export function runWithService<T>(service: JobQueue, fn: () => T): T {
  return contextService.run(service, fn)
}

/**
 * The service of this process, or of this asynchronous context: `jobqueue.add(...)` from any file.
 *
 * @throws NotInitializedError from every method, before `setDefaultService`
 */
export const jobqueue: JobQueue = serviceOf(() => {
  const service = contextService.getStore() ?? defaultService
  if (service === undefined) throw new NotInitializedError()
  return service
})

/** A service whose every call fails with this error: for tests of what happens then. */
export function serviceWithError(error: Error): JobQueue {
  return serviceOf(() => {
    throw error
  })
}

/**
 * A service that does nothing and finds nothing: for programs and tests in which a queue must be there and no work may come of it.
 * Input is checked as everywhere. What is added has the status 'ignored' and the id that was given, or a new one; what is asked
 * for by its id is not there; listeners hear nothing.
 *
 * @throws InvalidInputError as the others do; NotFoundError from `getRunState` and `getBundleState`; ClosedError after `close`
 * @example
 * setDefaultService(process.env.DATABASE_URL ? createJobQueue({ connectionString }) : doNothingService())
 */
export function doNothingService(): JobQueue {
  let closed = false
  const nothing = new NothingService(() => {
    closed = true
  })
  return serviceOf(() => {
    if (closed) throw new ClosedError()
    return nothing
  })
}

type Method = (...args: unknown[]) => unknown

/** Answers each method with that of the service which `find` gives at the time of the call. */
function serviceOf(find: () => JobQueue): JobQueue {
  const methods = jobQueueMethods.map((name) => {
    const method = async (...args: unknown[]) => {
      const service = find()
      return (service[name] as Method).apply(service, args)
    }
    return [name, method]
  })
  return Object.fromEntries(methods)
}
