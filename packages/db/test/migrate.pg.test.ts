import { InvalidInputError, NotMigratedError } from '@jq/core'
import { type TestDatabase, until } from '@jq/testing'
import { withSettings } from '@jq/testing/lab'
import pg from 'pg'
import { expect, test } from 'vitest'
import { createJobQueue, migrate, migrationStatus } from '../src/index.ts'
import { migrations } from '../src/migrations.ts'
import { catalogOf } from './catalog-of.ts'
import { hasPsql, psql } from './psql.ts'
import { emptyDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

const newestVersion = migrations.length
const names = migrations.map(({ name }) => name)

test('up from nothing applies every migration, and again none', async () => {
  const { url: connectionString } = await emptyDatabase()
  const first = await migrate({ connectionString })
  expect(first.applied).toEqual(names)
  for (const { sql } of migrations) expect(first.sql).toContain(sql)
  expect(await migrate({ connectionString })).toEqual({ applied: [], sql: '' })
})

// S96
test('of processes that migrate at once one applies everything, and all succeed', async () => {
  const { url: connectionString } = await emptyDatabase()
  const answers = await Promise.all(Array.from({ length: 5 }, () => migrate({ connectionString })))
  expect(answers.flatMap(({ applied }) => applied)).toEqual(names)
})

test("a migration takes its time, whatever the server's limits are", async () => {
  const database = await emptyDatabase()
  const ahead = new pg.Client(database.url)
  await ahead.connect()
  await ahead.query("begin; select pg_advisory_xact_lock(hashtext('jobqueue migrate worker'))")
  const connectionString = withSettings(database.url, { statement_timeout: '100ms', lock_timeout: '100ms' })
  const migrating = migrate({ connectionString })
  migrating.catch(() => undefined) // it is waited for below
  await until('it waits for longer than that', async () => {
    const waiting = `select from pg_stat_activity
      where wait_event = 'advisory' and datname = current_database() and now() - query_start > interval '200 ms'`
    return (await database.query(waiting)).length === 1
  })
  await ahead.query('commit')
  await ahead.end()
  expect((await migrating).applied).toEqual(names)
})

test('queues that bring up their schema at once all work', async () => {
  const { url: connectionString } = await emptyDatabase()
  const queues = Array.from({ length: 4 }, () => createJobQueue({ connectionString, migrate: 'up' }))
  const added = await Promise.all(queues.map((queue) => queue.add(anything, {})))
  expect(added.map(({ status }) => status)).toEqual(Array(4).fill('added'))
  await Promise.all(queues.map((queue) => queue.close()))
})

test('a dry run answers with SQL that a plain client runs to the same end, and runs none itself', async () => {
  const database = await emptyDatabase()
  const there = { connectionString: database.url }
  const planned = await migrate({ ...there, schema: 'by_client', dryRun: true })
  expect(planned.applied).toEqual(names)
  expect(await migrationStatus({ ...there, schema: 'by_client' })).toMatchObject([{ appliedAt: null }])

  await database.query(planned.sql)
  const made = await migrate({ ...there, schema: 'by_migrate' })
  expect(made.sql.replaceAll('by_migrate', '…')).toBe(planned.sql.replaceAll('by_client', '…'))
  expect(await catalogOf(database, 'by_client')).toEqual(await catalogOf(database, 'by_migrate'))
  expect(await migrate({ ...there, schema: 'by_client' })).toEqual({ applied: [], sql: '' })
})

test.skipIf(!hasPsql)('psql runs the SQL of a dry run (skipped where there is no psql)', async () => {
  const { url: connectionString } = await emptyDatabase()
  const { sql } = await migrate({ connectionString, dryRun: true })
  psql(connectionString, ['-f', '-'], { input: sql })
  expect(await migrate({ connectionString, dryRun: true })).toEqual({ applied: [], sql: '' })
})

test('what fails halfway leaves nothing behind', async () => {
  const database = await emptyDatabase()
  await database.query('create schema worker; create view worker.job as select 1 as one')
  await expect(migrate({ connectionString: database.url })).rejects.toMatchObject({
    code: '42P07', // there is such a relation already
  })
  expect(
    await database.query(`select relname from pg_class where relnamespace = 'worker'::regnamespace`),
  ).toEqual([{ relname: 'job' }])
})

test('the status names each migration and when it was applied', async () => {
  const { url: connectionString } = await emptyDatabase()
  const waiting = migrations.map(({ version, name }) => ({ version, name, appliedAt: null }))
  expect(await migrationStatus({ connectionString })).toEqual(waiting)
  await migrate({ connectionString })
  const applied = waiting.map((migration) => ({ ...migration, appliedAt: expect.any(Date) }))
  expect(await migrationStatus({ connectionString })).toEqual(applied)
})

test("a pool of the caller serves, and stays the caller's", async () => {
  const { url: connectionString } = await emptyDatabase()
  const pool = new pg.Pool({ connectionString, max: 1 })
  expect((await migrate({ pool })).applied).toEqual(names)
  expect((await pool.query('select 1 as one')).rows).toEqual([{ one: 1 }])
  await pool.end()
})

test.for([0, newestVersion + 1, 1.5, Number.NaN])('no migration leads to version %s', async (to) => {
  const refusal = migrate({ connectionString: 'postgres://nowhere.invalid/none', to }).catch((error) => error)
  expect(await refusal).toBeInstanceOf(InvalidInputError)
  expect(await refusal).toMatchObject({ reason: 'invalid_version', path: 'options.to' })
})

test('options that nobody knows are refused, those of migrate by createJobQueue too', async () => {
  const connectionString = 'postgres://nowhere.invalid/none'
  await expect(migrate({ connectionString, dryrun: true } as object)).rejects.toMatchObject({
    path: 'options.dryrun',
    message: expect.stringContaining('dryRun'),
  })
  expect(() => createJobQueue({ connectionString, dryRun: true } as object)).toThrow(InvalidInputError)
})

test('making a queue connects to nothing', async () => {
  const database = await emptyDatabase()
  const queue = createJobQueue({ connectionString: database.url, migrate: 'up' })
  const others = await database.query(
    'select application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  )
  expect(others).toEqual([])
  await queue.close()
})

test('without a schema every call fails with the command that makes it, and makes nothing', async () => {
  const database = await emptyDatabase()
  const queue = createJobQueue({ connectionString: database.url })
  const error = await queue.add(anything, {}).catch((error) => error)
  expect(error).toBeInstanceOf(NotMigratedError)
  expect(error.message).toMatch(
    /in the schema worker\. Run: npx jobqueue migrate up {4}\(or pass migrate: 'up'\)/,
  )
  await expect(queue.getJobs()).rejects.toThrow(NotMigratedError)
  expect(await queue.health()).toMatchObject({
    status: 'degraded',
    database: 'ok',
    reasons: [expect.stringContaining('npx jobqueue migrate up')],
  })
  expect(await database.query(`select to_regnamespace('worker') as there`)).toEqual([{ there: null }])
  await queue.close()
})

test('the command names the schema where it is not the default', async () => {
  const { url: connectionString } = await emptyDatabase()
  const queue = createJobQueue({ connectionString, schema: 'other' })
  await expect(queue.getStats()).rejects.toThrow('npx jobqueue migrate up --schema other')
  await queue.close()
})

test('a queue that had no schema works once somebody has made it', async () => {
  const { url: connectionString } = await emptyDatabase()
  const queue = createJobQueue({ connectionString })
  await expect(queue.add(anything, {})).rejects.toThrow(NotMigratedError)
  await migrate({ connectionString })
  expect(await queue.add(anything, {})).toMatchObject({ status: 'added' })
  await queue.close()
})

test("migrate: 'up' makes the schema before the first call", async () => {
  const { url: connectionString } = await emptyDatabase()
  const queue = createJobQueue({ connectionString, migrate: 'up' })
  expect(await queue.getStats()).toMatchObject({ available: 0 })
  expect(await migrationStatus({ connectionString })).toMatchObject([{ appliedAt: expect.any(Date) }])
  await queue.close()
})

/** Of a release to come, which this code has never seen. */
async function databaseOfTheFuture(oldestReader: number): Promise<TestDatabase> {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url })
  await database.query(
    `insert into worker.schema_version (version, name, oldest_reader) values ($1, 'from the future', $2)`,
    [newestVersion + 1, oldestReader],
  )
  return database
}

test('a schema that is newer than this code, and serves it yet, is worked with', async () => {
  const { url: connectionString } = await databaseOfTheFuture(newestVersion)
  for (const options of [{}, { migrate: 'up' }] as const) {
    const queue = createJobQueue({ connectionString, ...options })
    expect(await queue.add(anything, {})).toMatchObject({ status: 'added' })
    await queue.close()
  }
})

test('a schema that is newer than this code, and serves it no more, is refused', async () => {
  const database = await databaseOfTheFuture(newestVersion + 1)
  const queue = createJobQueue({ connectionString: database.url, migrate: 'up' })
  const error = await queue.add(anything, {}).catch((error) => error)
  expect(error).toBeInstanceOf(NotMigratedError)
  expect(error.message).toContain(
    `has version ${newestVersion + 1}; this code knows versions up to ${newestVersion}`,
  )
  expect(error.message).not.toContain('migrate up')
  await queue.close()
})

test('a schema without any version is refused like none', async () => {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url })
  await database.query('delete from worker.schema_version')
  const queue = createJobQueue({ connectionString: database.url })
  await expect(queue.add(anything, {})).rejects.toThrow(NotMigratedError)
  await queue.close()
})

// P21
test('no migration shuts out the two versions before it', () => {
  for (const { version, oldestReader } of migrations)
    expect(oldestReader).toBeLessThanOrEqual(Math.max(1, version - 2))
})
