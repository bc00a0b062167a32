import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { createJobQueue, migrate } from '../src/index.ts'
import { catalogOf } from './catalog-of.ts'
import { hasPsql, psql } from './psql.ts'
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

test.skipIf(!hasPsql)(
  'plain psql makes the same schema of the readable files (skipped where there is no psql)',
  async () => {
    const database = await emptyDatabase()
    await migrate({ connectionString: database.url, schema: 'migrated' })
    psql(database.url, ['-c', 'create schema by_psql'])
    psql(database.url, ['--single-transaction', '-f', readable], { searchPath: 'by_psql,pg_temp' })
    expect(await catalogOf(database, 'by_psql')).toEqual(await catalogOf(database, 'migrated'))
  },
)

test('every table that grows with the jobs is vacuumed long before a fifth of it is dead', async () => {
  const database = await queueDatabase()
  const tables = await database.query<{ name: string; options: string | null }>(`
    select relname as name, array_to_string(reloptions, ' ') as options from pg_class
    where relnamespace = 'worker'::regnamespace and relkind = 'r' order by relname`)
  const own = /autovacuum_vacuum_scale_factor=0\.0[12].*autovacuum_vacuum_threshold=(2000|10000)/
  const left = tables.filter(({ options }) => !own.test(options ?? '')).map(({ name }) => name)
  // A row for each process, schedule, type, group or name.
  const few = [
    'event_again',
    'folding',
    'group_bucket',
    'group_hold',
    'keeping',
    'known_type',
    'listener',
    'named_listener',
    'sampling',
    'schedule',
  ]
  expect(left).toEqual([
    ...few,
    'schema_version',
    'sleeper',
    'solo_turn',
    'sweep',
    'tally',
    'type_limit',
    'worker',
    'worker_begun',
  ])
})

test('every index says in a comment before it what it serves', () => {
  const silent = globSync('schema/tables/*.sql', { cwd: root }).flatMap((file) => {
    const lines = readFileSync(root + file, 'utf8').split('\n')
    return lines.filter(
      (line, place) => /^create (unique )?index/.test(line) && !explained(lines.slice(0, place)),
    )
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
      and proname <> 'moment'`) // which reads no table
  // Parts of a step, and what those and others call, which make the settings for them: each costs as much as reading a row.
  const parts = [
    'choose_turns',
    'claim_jobs',
    'count_running',
    'counted_types',
    'give_back_tokens',
    'group_room',
    'group_waits',
    'heard_kinds',
    'is_gated',
    'limited_of',
    'next_turns',
    'paused_of',
    'places_among',
    'plan_claim',
    'settle_succeeded',
    'take_room',
    'take_turns',
    'tell_succeeded',
    'tokens_of',
    'turns_of',
    'turns_wait',
    'type_room',
  ]
  expect(loose.map(({ proname }) => proname).sort()).toEqual(parts)
  const callers = await database.query(
    `
    select c.proname, p.name from unnest($1::text[]) as p (name) join pg_proc c on c.prosrc ~ ('\\m' || p.name || '\\(')
    where c.pronamespace = 'worker'::regnamespace and c.proname <> all ($1)
      and not exists (select from unnest(c.proconfig) o where o = 'search_path=worker, pg_temp')`,
    [parts],
  )
  expect(callers).toEqual([])
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

test('a job that stands in no table is an error, and no endless search', async () => {
  const database = await queueDatabase()
  const [orphan] = await database.query<{ id: string }>(
    `insert into worker.job (id, type, payload, origin) values (gen_random_uuid(), 'a', '{}', 'test') returning id`,
  )
  for (const name of ['cancel_job', 'reset_job', 'delete_job', 'delete_member']) {
    const question = database.query(`select worker.${name}($1)`, [orphan?.id])
    await expect(question).rejects.toThrow(`job ${orphan?.id} stands in no table`)
  }
})

// S96: that five migrate at once stands with the migrations
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

/** A comment stands right before. */
function explained(before: readonly string[]): boolean {
  return before.at(-1)?.startsWith('-- ') ?? false
}
