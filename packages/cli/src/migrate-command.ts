import { type MigrationStatus, migrate, migrationStatus } from '@jq/db'
import type { Command } from 'commander'
import { CONNECTION_HELP, requiredConnectionOf } from './connection.ts'
import { assertReachable } from './reach-database.ts'
import type { Exit } from './run-jobqueue.ts'

interface Flags {
  connection?: string
  schema?: string
  json?: true
}

interface Target {
  readonly connectionString: string
  readonly schema: string
}

/** Adds `jobqueue migrate up | status | sql`. */
export function addMigrate(jobqueue: Command, exit: Exit): void {
  const group = jobqueue
    .command('migrate')
    .description('bring the tables of the queue up to date, or see what is missing')
  addTo(group, 'up', 'apply what is missing, in one transaction', UP_HELP).action(async (flags: Flags) => {
    const { applied } = await migrate(await reachedTarget(flags))
    print(flags, { applied }, applied)
    console.error(
      applied.length === 0 ? 'Nothing to do: the schema is up to date.' : `Applied: ${applied.length}.`,
    )
  })
  addTo(group, 'status', 'list all migrations and when each was applied', STATUS_HELP).action(
    async (flags: Flags) => {
      const all = await migrationStatus(await reachedTarget(flags))
      const pending = all.filter(({ appliedAt }) => appliedAt === null)
      print(flags, all, all.map(statusLine))
      console.error(
        pending.length === 0
          ? 'The schema is up to date.'
          : `Pending: ${pending.length}. Apply with: jobqueue migrate up`,
      )
      exit(pending.length === 0 ? 0 : 1)
    },
  )
  addTo(group, 'sql', 'print the SQL of what is missing, and run none of it', SQL_HELP).action(
    async (flags: Flags) => {
      const { applied, sql } = await migrate({ ...(await reachedTarget(flags)), dryRun: true })
      print(flags, { pending: applied, sql }, applied.length === 0 ? [] : [sql.trimEnd()])
      if (applied.length === 0) console.error('-- Nothing to do: the schema is up to date.')
    },
  )
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

async function reachedTarget({ connection, schema }: Flags): Promise<Target> {
  const connectionString = requiredConnectionOf(connection, process.env)
  await assertReachable(connectionString)
  return { connectionString, schema: schema ?? (process.env.JOBQUEUE_SCHEMA || 'worker') }
}

/** Data goes to stdout, for people or for programs; whatever else is said goes to stderr. */
function print({ json }: Flags, data: unknown, lines: readonly string[]): void {
  for (const line of json ? [JSON.stringify(data)] : lines) console.log(line)
}

function statusLine({ name, appliedAt }: MigrationStatus): string {
  return `${appliedAt === null ? 'pending' : appliedAt.toISOString()}\t${name}`
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
