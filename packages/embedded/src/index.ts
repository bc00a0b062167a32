export {
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
  startEmbeddedPostgres,
} from './embedded-postgres.ts'
export { serverPrograms } from './server-programs.ts'
export { serverUser } from './server-user.ts'
