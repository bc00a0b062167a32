export { createJobQueue } from './create-job-queue.ts'
export { type GrantRoles, type GrantsOptions, grants } from './grants.ts'
export type { JobQueueOptions } from './job-queue-options.ts'
export { type MigrateOptions, type MigrationStatus, migrate, migrationStatus } from './migrate.ts'
