import { runWithService } from './default-service.ts'
import type { JobQueue } from './job-queue.ts'
import { overriding } from './overriding.ts'
import type { WorkerService } from './work-service.ts'

/** The same queue with some methods of another's making, for handlers too: what they add by `jobqueue` goes the same way. */
export function wrappedService(service: WorkerService, own: Partial<JobQueue>): WorkerService {
  const work = overriding(service.work, { run: (fn) => runWithService(wrapped, fn) })
  const wrapped: WorkerService = overriding<WorkerService>(service, { ...own, work })
  return wrapped
}
