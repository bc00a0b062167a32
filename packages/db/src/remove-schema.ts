import { InvalidInputError } from '@jq/core'
import type { Asks } from './database.ts'
import { checkedOptions, type JobQueueOptions, jobQueueOptionKeys } from './job-queue-options.ts'
import { appliedIn, connected, raw, tidings } from './migrate.ts'
import type { Migration } from './migrations.ts'

/** What {@link removeSchema} accepts. */
export interface RemoveSchemaOptions extends JobQueueOptions {
  /** Answer with the SQL and run none of it. */
  dryRun?: boolean | undefined
}

/**
 * The way down: drops the schema with all jobs, in one transaction. Migrations go forward only, so that there is no other.
 *
 * @returns whether there was one, and the SQL as it ran, or with `dryRun` as it would
 * @throws InvalidInputError with reason `foreign_tables` where the schema holds tables or views that are not the queue's
 * @example
 * await removeSchema({ connectionString, schema: 'jobs' })
 */
export async function removeSchema(options: RemoveSchemaOptions): Promise<{ removed: boolean; sql: string }> {
  const { schema, migrations } = checkedOptions(options, [...jobQueueOptionKeys, 'dryRun'])
  return connected(options, async (asks) => {
    if ((await appliedIn(asks, schema)).size === 0) return { removed: false, sql: '' }
    await refuseForeign(asks, schema, migrations)
    if (!options.dryRun) await run(asks, steps(schema))
    return { removed: options.dryRun !== true, sql: `${steps(schema).join(';\n')};\n` }
  })
}

async function run(asks: Asks, steps: readonly string[]): Promise<void> {
  try {
    for (const step of steps) await asks.ask(raw(step))
  } catch (error) {
    await asks.ask(raw('rollback')).catch(() => undefined) // the first error is the news
    throw error
  }
}

/** Waits for nobody's lock for long, but takes its time; and tells processes that work: they claim nothing without a schema. */
function steps(schema: string): string[] {
  return [
    'begin',
    "set local lock_timeout = '1s'",
    'set local statement_timeout = 0',
    `select pg_advisory_xact_lock(hashtext('jobqueue migrate ${schema}'))`,
    `drop schema "${schema}" cascade`,
    tidings(schema),
    'commit',
  ]
}

async function refuseForeign(asks: Asks, schema: string, migrations: readonly Migration[]): Promise<void> {
  const ours = migrations.flatMap(({ sql }) =>
    [...sql.matchAll(/^create (?:table|view) (\w+)/gm)].map(([, name]) => name),
  )
  const strangers = await asks.ask<{ name: string }>(
    raw(
      `select c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'f') and c.relname <> all ($2) order by 1`,
      [schema, ours],
    ),
  )
  if (strangers.length === 0) return
  throw new InvalidInputError(
    'foreign_tables',
    'options.schema',
    `${schema} also holds what is not the queue's: ${strangers.map(({ name }) => name).join(', ')}. Move it to another schema first.`,
  )
}
