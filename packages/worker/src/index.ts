export { createWorker } from './create-worker.ts'
export type { Handler, HandlerContext, HandlerOptions, ResultPromise, Returned } from './handler.ts'
export type { JobWorker } from './job-worker.ts'
export type { WorkerOptions } from './worker-options.ts'
