export type {
  DbHandle,
  HandleInTransaction,
  InTransaction,
  KyselyTransaction,
  SqlExecutor,
  SqlValue,
} from './db-handle.ts'
export * from './default-service.ts'
export { type Duration, duration } from './duration.ts'
export * from './errors.ts'
export * from './events.ts'
export * from './job.ts'
export * from './job-bundle.ts'
export {
  defineFunctionJob,
  defineJob,
  type JobDefaults,
  type JobDefinition,
  type JobDesc,
  type JobDescs,
  type JobOptions,
  type NoResult,
  type PayloadInput,
  type PayloadOf,
  type ResultOf,
} from './job-definition.ts'
export { type BundleId, idFor, type JobId } from './job-id.ts'
export type { JobLimit } from './job-limit.ts'
export * from './job-queue.ts'
export type { JobTypeState } from './job-type-state.ts'
export type { Json } from './json.ts'
export type { LogLine, LogPage } from './log-line.ts'
export type { Logger } from './logger.ts'
export type { NextRun } from './next-run.ts'
export { exponentialBackoff, fixedDelay, type RetryRule } from './retry-rule.ts'
export * from './schedule.ts'
export { SnoozeJob } from './snooze-job.ts'
export type { WorkerService, WorkService } from './work-service.ts'
export type { AttemptCounts, WorkerInfo } from './worker-info.ts'
export * from './worker-observer.ts'
