export { createJobQueue } from './create-job-queue.ts'
export type { JobQueueOptions } from './job-queue-options.ts'
export { migrate, type MigrateOptions, type MigrationStatus, migrationStatus } from './migrate.ts'
