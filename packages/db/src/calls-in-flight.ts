import { ClosedError, type JobQueue, type WorkerService } from '@jq/core'
import { jobQueueMethods } from '@jq/core/internal'

type Method = (...args: unknown[]) => Promise<unknown>

/** The service as users hold it: `close` waits for the calls in flight, and what comes after it is refused. */
export function withCallsCounted(service: WorkerService): WorkerService {
  const inFlight = new Set<Promise<unknown>>()
  let closed = false

  const counted = (name: keyof JobQueue): Method => {
    const method = (service[name] as Method).bind(service)
    return async (...args) => {
      if (closed) throw new ClosedError()
      if (name === 'close') {
        closed = true
        await Promise.allSettled(inFlight)
        return method()
      }
      const call = method(...args)
      inFlight.add(call)
      return call.finally(() => inFlight.delete(call))
    }
  }
  const methods = Object.fromEntries(
    jobQueueMethods.map((name) => [name, counted(name)]),
  ) as unknown as JobQueue
  return { ...methods, work: service.work }
}
