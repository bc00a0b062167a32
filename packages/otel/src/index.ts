export type { TraceOptions } from './trace-options.ts'
export { type ObservableWorker, traceWorker } from './trace-worker.ts'
export { traced } from './traced.ts'
