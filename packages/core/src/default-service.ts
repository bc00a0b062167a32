import { AsyncLocalStorage } from 'node:async_hooks'
import { NotInitializedError } from './errors.ts'
import type { JobQueue } from './job-queue.ts'
import { jobQueueMethods } from './job-queue-methods.ts'

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
