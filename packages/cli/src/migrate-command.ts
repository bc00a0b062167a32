import type { Command } from 'commander'
import { CONNECTION_HELP } from './connection.ts'
import type { GrantsFlags } from './run-grants.ts'
import type { Exit } from './run-jobqueue.ts'
import type { MigrateFlags } from './run-migrate.ts'

/** Adds `jobqueue migrate up | status | sql | grants`. */
export function addMigrate(jobqueue: Command, exit: Exit): void {
  const group = jobqueue
    .command('migrate')
    .description('bring the tables of the queue up to date, or see what is missing')
  // What a command needs is loaded when it runs: none should wait for what only another one needs.
  const load = () => import('./run-migrate.ts')
  addTo(group, 'up', 'apply what is missing, in one transaction', UP_HELP).action(
    async (flags: MigrateFlags) => exit(await (await load()).migrateUp(flags)),
  )
  addTo(group, 'status', 'list all migrations and when each was applied', STATUS_HELP).action(
    async (flags: MigrateFlags) => exit(await (await load()).migrateStatus(flags)),
  )
  addTo(group, 'sql', 'print the SQL of what is missing, and run none of it', SQL_HELP).action(
    async (flags: MigrateFlags) => exit(await (await load()).migrateSql(flags)),
  )
  addTo(group, 'grants', 'print the SQL that gives four roles their rights, or run it', GRANTS_HELP)
    .option('--producer <ROLE>', 'adds jobs (default: jobqueue_producer)')
    .option('--worker <ROLE>', 'adds, reads, claims and settles (default: jobqueue_worker)')
    .option('--reader <ROLE>', 'reads everything (default: jobqueue_reader)')
    .option('--admin <ROLE>', 'all of this, and cancels, resets and deletes (default: jobqueue_admin)')
    .option('--create', 'make the roles that are missing, without login')
    .option('--apply', 'run it, as the owner of the schema')
    .action(async (flags: GrantsFlags) => exit(await (await import('./run-grants.ts')).migrateGrants(flags)))
}

function addTo(group: Command, name: string, description: string, help: string): Command {
  return group
    .command(name)
    .description(description)
    .option('--connection <URL>', CONNECTION_HELP)
    .option('--schema <NAME>', "the queue's schema (else JOBQUEUE_SCHEMA, else worker)")
    .option('--json', 'print one JSON value')
    .addHelpText('after', help)
}

const UP_HELP = `
Exit codes: 0 the schema is up to date · 1 a migration failed, and nothing was changed
            2 could not begin: wrong arguments, no connection, database out of reach
Example:    jobqueue migrate up --connection postgres://app@localhost/app`

const STATUS_HELP = `
Exit codes: 0 the schema is up to date · 1 migrations are pending
            2 could not look: wrong arguments, no connection, database out of reach
Example:    DATABASE_URL=postgres://app@localhost/app jobqueue migrate status --json`

const SQL_HELP = `
Exit codes: 0 printed, perhaps nothing · 1 the database could not be asked
            2 could not begin: wrong arguments, no connection, database out of reach
Example:    jobqueue migrate sql --schema jobs > review.sql`

const GRANTS_HELP = `
What the roles had in this schema is taken away first. To be run again after each migration, which only the owner may do.

Exit codes: 0 printed, or granted · 1 it was run and failed, and nothing was changed
            2 could not begin: wrong arguments; with --apply: no connection, database out of reach
Examples:   jobqueue migrate grants --producer web --worker jobs > review.sql
            jobqueue migrate grants --create --apply --connection postgres://owner@localhost/app`
