import { execFileSync, spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { TestDatabase } from '@jq/testing'
import { expect, test } from 'vitest'
import { createJobQueue, migrate } from '../src/index.ts'
import { emptyDatabase, queueDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const readable = `${root}schema/schema.sql`

test('the readable files and the migrations make the same tables, indexes, functions, triggers and views', async () => {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url, schema: 'migrated' })
  await database.query('create schema readable')
  await database.query(`begin; set local search_path = readable, pg_temp; ${joined()}; commit`)
  const made = await catalogOf(database, 'migrated')
  expect(made.length).toBeGreaterThan(150)
  expect(made).toEqual(await catalogOf(database, 'readable'))
})

test('the migrations in the package are those of schema/', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/embed-schema.mjs', '--check'], {
    cwd: root,
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

const hasPsql = spawnSync('psql', ['--version']).status === 0

test.skipIf(!hasPsql)('plain psql makes the schema of the readable files', async () => {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url, schema: 'migrated' })
  const psql = (args: readonly string[], options?: string) =>
    execFileSync('psql', ['-q', '-v', 'ON_ERROR_STOP=1', ...args, database.url], {
      env: { ...process.env, ...(options && { PGOPTIONS: options }) },
    })
  psql(['-c', 'create schema by_psql'])
  psql(['--single-transaction', '-f', readable], '-c search_path=by_psql,pg_temp')
  expect(await catalogOf(database, 'by_psql')).toEqual(await catalogOf(database, 'migrated'))
})

test('every index says in a comment before it what it serves', () => {
  const silent = globSync('schema/tables/*.sql', { cwd: root }).flatMap((file) => {
    const lines = readFileSync(root + file, 'utf8').split('\n')
    return lines.filter((line, place) => /^create (unique )?index/.test(line) && !explained(lines.slice(0, place)))
  })
  expect(silent).toEqual([])
})

test('every index of the database is a primary key or stands in schema/tables', async () => {
  const database = await queueDatabase()
  const indexes = await database.query<{ name: string }>(`
    select c.relname as name from pg_index i join pg_class c on c.oid = i.indexrelid
    where c.relnamespace = 'worker'::regnamespace and not i.indisprimary`)
  const text = joined()
  expect(indexes.map(({ name }) => name).filter((name) => !text.includes(`index ${name} on`))).toEqual([])
})

test('every function finds its tables where it was made, whatever the search path of its caller', async () => {
  const database = await queueDatabase()
  const loose = await database.query(`
    select proname from pg_proc where pronamespace = 'worker'::regnamespace and prosrc ~ 'from|into|update'
      and not exists (select from unnest(proconfig) c where c = 'search_path=worker, pg_temp')
      and proname <> 'moment'`)
  expect(loose).toEqual([])
})

test('every function that pins its plans also switches JIT off, which a pinned plan would call each time', async () => {
  const database = await queueDatabase()
  const jitted = await database.query(`
    select proname from pg_proc where pronamespace = 'worker'::regnamespace
      and exists (select from unnest(proconfig) c where c like 'enable%' or c like 'plan_cache_mode%')
      and not exists (select from unnest(proconfig) c where c = 'jit=off')`)
  expect(jitted).toEqual([])
})

test('no function pins the planner against sorting', async () => {
  const database = await queueDatabase()
  const rows = await database.query(`
    select proname from pg_proc, unnest(proconfig) c where pronamespace = 'worker'::regnamespace and c like 'enable_sort%'`)
  expect(rows).toEqual([])
})

test('two queues in two schemas of one database do not meet', async () => {
  const database = await emptyDatabase()
  const connectionString = database.url
  const one = createJobQueue({ connectionString, schema: 'one', migrate: 'up' })
  const two = createJobQueue({ connectionString, schema: 'two', migrate: 'up' })
  const id = '0197a000-0000-7000-8000-000000000001'
  expect(await one.add(anything, {}, { id, uniqueKey: 'k' })).toEqual({ id, status: 'added' })
  expect(await two.getJob(id)).toBeNull()
  expect(await two.add(anything, {}, { id, uniqueKey: 'k' })).toEqual({ id, status: 'added' })
  expect(await two.cancelJob(id)).toBe('cancelled')
  expect((await one.getJob(id))?.state).toBe('available')
  expect(await two.deleteJob(id)).toBe(true)
  expect(await one.getStats()).toMatchObject({ available: 1, cancelled: 0 })
  await Promise.all([one.close(), two.close()])
})

test('what is written for one schema is heard by nobody of another', async () => {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url, schema: 'one' })
  const bodies = await database.query<{ prosrc: string }>(`select prosrc from pg_proc where proname = 'wake'`)
  expect(bodies).toHaveLength(1)
  expect(bodies[0]?.prosrc).toContain("'jobqueue_' || current_schema()")
})

/** The files that psql's \ir names, as one text. */
function joined(): string {
  const names = readFileSync(readable, 'utf8').matchAll(/^\\ir (\S+)$/gm)
  return [...names].map(([, name]) => readFileSync(`${root}schema/${name}`, 'utf8')).join('\n')
}

/** A comment right before, or before the index that stands right before. */
function explained(before: readonly string[]): boolean {
  return before.at(-1)?.startsWith('-- ') ?? false
}

/** All that a schema holds, each thing as one line, without the schema's name. */
async function catalogOf(database: TestDatabase, schema: string): Promise<string[]> {
  const rows = await database.query<{ line: string }>(
    `select replace(line, $1, '…') as line from (
      select concat_ws(' ', 'column', table_name, ordinal_position, column_name, udt_name, is_nullable, column_default, is_identity, identity_generation) as line
        from information_schema.columns where table_schema = $1
      union all select concat_ws(' ', 'table', relname, relkind, array_to_string(reloptions, ',')) from pg_class
        where relnamespace = $1::regnamespace and relkind in ('r', 'v', 'S', 'c')
      union all select indexdef from pg_indexes where schemaname = $1
      union all select concat_ws(' ', conrelid::regclass, conname, pg_get_constraintdef(oid)) from pg_constraint where connamespace = $1::regnamespace
      union all select pg_get_functiondef(oid) from pg_proc where pronamespace = $1::regnamespace
      union all select pg_get_triggerdef(oid) from pg_trigger where tgrelid in (select oid from pg_class where relnamespace = $1::regnamespace)
      union all select concat_ws(' ', viewname, definition) from pg_views where schemaname = $1
      union all select concat_ws(' ', 'type', typname) from pg_type where typnamespace = $1::regnamespace
    ) lines order by 1`,
    [schema],
  )
  return rows.map(({ line }) => line)
}
