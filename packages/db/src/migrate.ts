import { InvalidInputError } from '@jq/core'
import type { CompiledQuery } from 'kysely'
import { CompiledQuery as Query } from 'kysely'
import pg from 'pg'
import type { Asks } from './database.ts'
import { checkedOptions, type JobQueueOptions, jobQueueOptionKeys } from './job-queue-options.ts'
import type { Migration } from './migrations.ts'

export interface MigrateOptions extends JobQueueOptions {
  /** The version to stop at. @defaultValue the newest */
  to?: number | undefined
  /** Answer with the SQL and run none of it. */
  dryRun?: boolean | undefined
}

export interface MigrationStatus {
  readonly version: number
  readonly name: string
  /** Null: it waits to be applied. */
  readonly appliedAt: Date | null
}

/**
 * Brings the schema up to date, in one transaction: all or nothing. Two processes that migrate at once take turns.
 *
 * @returns the names of what was applied, and its SQL as it ran, or with `dryRun` as it would
 * @throws InvalidInputError
 * @example
 * await migrate({ connectionString })
 */
export async function migrate(options: MigrateOptions): Promise<{ applied: readonly string[]; sql: string }> {
  const { schema, migrations } = checkedOptions(options, [...jobQueueOptionKeys, 'to', 'dryRun'])
  const wanted = upTo(options.to, migrations)
  return connected(options, async (asks) =>
    options.dryRun ? planned(asks, schema, wanted) : bringUp(asks, schema, wanted),
  )
}

/** Each migration that this version knows, and when it was applied. */
export async function migrationStatus(options: JobQueueOptions): Promise<readonly MigrationStatus[]> {
  const { schema, migrations } = checkedOptions(options)
  return connected(options, async (asks) => {
    const applied = await appliedIn(asks, schema)
    return migrations.map(({ version, name }) => ({ version, name, appliedAt: applied.get(version) ?? null }))
  })
}

/** The version that code reads and writes which knows these. */
export function newestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.version ?? 0
}

/** Applies what of these is missing. */
export async function bringUp(
  asks: Asks,
  schema: string,
  wanted: readonly Migration[],
): Promise<{ applied: readonly string[]; sql: string }> {
  const before = missing(await appliedIn(asks, schema), wanted)
  if (before.length === 0) return { applied: [], sql: '' }
  // However long it takes, and whoever is at it: the server's limits are for what is asked every day.
  await asks.ask(
    raw('begin isolation level read committed; set local statement_timeout = 0; set local lock_timeout = 0'),
  )
  try {
    await asks.ask(raw('select pg_advisory_xact_lock(hashtext($1))', [`jobqueue migrate ${schema}`]))
    const due = missing(await appliedIn(asks, schema), wanted)
    if (due.length > 0) await applyAll(asks, schema, due)
    await asks.ask(raw('commit'))
    return { applied: due.map(({ name }) => name), sql: script(schema, due) }
  } catch (error) {
    await asks.ask(raw('rollback')).catch(() => undefined) // the first error is the news
    throw error
  }
}

async function applyAll(asks: Asks, schema: string, due: readonly Migration[]): Promise<void> {
  // Nobody's traffic may queue up behind a migration that waits for a lock.
  await asks.ask(raw("set local lock_timeout = '1s'"))
  // Who owns a schema that somebody prepared need not have the right to create one.
  const [found] = await asks.ask<{ there: boolean }>(
    raw('select exists (select from pg_catalog.pg_namespace where nspname = $1) as there', [schema]),
  )
  await asks.ask(raw(found?.there === true ? searchPath(schema) : preamble(schema)))
  for (const migration of due) {
    await asks.ask(raw(migration.sql))
    await asks.ask(raw(noteOf(migration)))
  }
  await asks.ask(raw(tidings(schema)))
}

async function planned(
  asks: Asks,
  schema: string,
  wanted: readonly Migration[],
): Promise<{ applied: readonly string[]; sql: string }> {
  const due = missing(await appliedIn(asks, schema), wanted)
  return { applied: due.map(({ name }) => name), sql: script(schema, due) }
}

/** Tables are found through the search path, so that one text serves every schema; functions keep the path they were made in. */
function preamble(schema: string): string {
  return `create schema if not exists "${schema}"; ${searchPath(schema)}`
}

function searchPath(schema: string): string {
  return `set local search_path = "${schema}", pg_temp;`
}

function script(schema: string, due: readonly Migration[]): string {
  if (due.length === 0) return ''
  const noted = due.map((migration) => `-- ${migration.name}\n${migration.sql}\n${noteOf(migration)};\n`)
  return `begin;\n${preamble(schema)}\n${noted.join('\n')}${tidings(schema)};\ncommit;\n`
}

/** Its names are ours. */
function noteOf({ version, name, oldestReader }: Migration): string {
  return `insert into schema_version (version, name, oldest_reader) values (${version}, '${name}', ${oldestReader})`
}

/** Processes that work shall see whether this schema still serves them. */
export function tidings(schema: string): string {
  return `select pg_notify('jobqueue_${schema}', 'migrated')`
}

/** The versions that are applied, and when they were. */
export async function appliedIn(asks: Asks, schema: string): Promise<Map<number, Date>> {
  // Not to_regclass: a session that has waited for the lock would still remember that there was no such table.
  const [found] = await asks.ask<{ there: boolean }>(
    raw(
      "select exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'schema_version') as there",
      [schema],
    ),
  )
  if (found?.there !== true) return new Map()
  const rows = await asks.ask<{ version: number; at: string }>(
    raw(
      `select version, (extract(epoch from applied_at) * 1000)::text as at from "${schema}".schema_version`,
    ),
  )
  return new Map(rows.map(({ version, at }) => [version, new Date(Number(at))]))
}

function missing(applied: ReadonlyMap<number, Date>, wanted: readonly Migration[]): readonly Migration[] {
  return wanted.filter(({ version }) => !applied.has(version))
}

function upTo(to: number | undefined, migrations: readonly Migration[]): readonly Migration[] {
  const newest = newestOf(migrations)
  if (to === undefined) return migrations
  if (Number.isInteger(to) && to >= 1 && to <= newest)
    return migrations.filter(({ version }) => version <= to)
  throw new InvalidInputError(
    'invalid_version',
    'options.to',
    `${to} is no version. There are 1 to ${newest}.`,
  )
}

/** A statement as it is written. */
export function raw(text: string, parameters: unknown[] = []): CompiledQuery<any> {
  return Query.raw(text, parameters)
}

/** Runs `work` on a connection of its own, or on one of the caller's pool. */
export async function connected<T>(options: JobQueueOptions, work: (asks: Asks) => Promise<T>): Promise<T> {
  const { pool } = options
  if (pool !== undefined) {
    const client = await pool.connect()
    return work(asksOf(client)).finally(() => client.release())
  }
  const client = new pg.Client({
    connectionString: options.connectionString,
    connectionTimeoutMillis: 10_000,
  })
  client.on('error', () => undefined) // the statement under way fails with it
  await client.connect()
  return work(asksOf(client)).finally(() => client.end())
}

function asksOf(client: pg.ClientBase): Asks {
  return { ask: async (statement) => (await client.query(statement.sql, [...statement.parameters])).rows }
}
