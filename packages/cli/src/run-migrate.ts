import { type MigrationStatus, migrate, migrationStatus } from '@jq/db'
import { requiredConnectionOf } from './connection.ts'
import { assertReachable } from './reach-database.ts'

/** What `jobqueue migrate …` was given. */
export interface MigrateFlags {
  connection?: string
  schema?: string
  json?: true
}

/** Applies what is missing. @returns the exit code */
export async function migrateUp(flags: MigrateFlags): Promise<number> {
  const { applied } = await migrate(await reachedTarget(flags))
  print(flags, { applied }, applied)
  console.error(applied.length === 0 ? UP_TO_DATE : `Applied: ${applied.length}.`)
  return 0
}

/** Lists all migrations. @returns the exit code: 1 while some are pending */
export async function migrateStatus(flags: MigrateFlags): Promise<number> {
  const all = await migrationStatus(await reachedTarget(flags))
  const pending = all.filter(({ appliedAt }) => appliedAt === null).length
  print(flags, all, all.map(statusLine))
  console.error(pending === 0 ? UP_TO_DATE : `Pending: ${pending}. Apply with: jobqueue migrate up`)
  return pending === 0 ? 0 : 1
}

/** Prints the SQL of what is missing. @returns the exit code */
export async function migrateSql(flags: MigrateFlags): Promise<number> {
  const { applied, sql } = await migrate({ ...(await reachedTarget(flags)), dryRun: true })
  print(flags, { pending: applied, sql }, applied.length === 0 ? [] : [sql.trimEnd()])
  if (applied.length === 0) console.error(UP_TO_DATE)
  return 0
}

const UP_TO_DATE = 'The schema is up to date.'

async function reachedTarget({
  connection,
  schema,
}: MigrateFlags): Promise<{ connectionString: string; schema: string }> {
  const connectionString = requiredConnectionOf(connection, process.env)
  await assertReachable(connectionString)
  return { connectionString, schema: schema ?? (process.env.JOBQUEUE_SCHEMA || 'worker') }
}

/** Data goes to stdout, for people or for programs; whatever else is said goes to stderr. */
function print({ json }: MigrateFlags, data: unknown, lines: readonly string[]): void {
  for (const line of json ? [JSON.stringify(data)] : lines) console.log(line)
}

function statusLine({ name, appliedAt }: MigrationStatus): string {
  return `${appliedAt === null ? 'pending' : appliedAt.toISOString()}\t${name}`
}
