import { NotMigratedError } from '@jq/core'
import { withSettings } from '@jq/testing/lab'
import { expect, test } from 'vitest'
import { createJobQueue, migrate, migrationStatus, removeSchema } from '../src/index.ts'
import { emptyDatabase } from './queue-database.ts'
import { anything } from './some-jobs.ts'

test('the way down drops the schema with all jobs, leaves the rest, and can be gone up again', async () => {
  const database = await emptyDatabase()
  const there = { connectionString: database.url, schema: 'jobs' }
  await migrate(there)
  await migrate({ ...there, schema: 'others' })
  const queue = createJobQueue(there)
  await queue.add(anything, {})

  const planned = await removeSchema({ ...there, dryRun: true })
  expect(planned).toEqual({ removed: false, sql: expect.stringContaining('drop schema "jobs" cascade') })
  expect(await queue.getStatus()).toMatchObject({ numJobs: 1 })

  expect(await removeSchema(there)).toEqual({ removed: true, sql: planned.sql })
  await expect(queue.add(anything, {})).rejects.toThrow(NotMigratedError)
  expect(await migrationStatus(there)).toMatchObject([{ appliedAt: null }])
  expect(await migrationStatus({ ...there, schema: 'others' })).toMatchObject([
    { appliedAt: expect.any(Date) },
  ])
  expect(await removeSchema(there)).toEqual({ removed: false, sql: '' })

  await migrate(there)
  expect(await queue.getStatus()).toMatchObject({ numJobs: 0 })
  await queue.close()
})

test("a schema that holds somebody else's table stays", async () => {
  const database = await emptyDatabase()
  const there = { connectionString: database.url, schema: 'shop' }
  await migrate(there)
  await database.query('create table shop.customer (id int)')
  await expect(removeSchema(there)).rejects.toThrow(
    /also holds what is not the queue's: customer\..*foreign_tables/,
  )
  expect(await migrationStatus(there)).toMatchObject([{ appliedAt: expect.any(Date) }])
})

test("a removal takes its time, whatever the server's limit for a statement is", async () => {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url })
  await database.query(`
    create function slow_drop() returns event_trigger language plpgsql as 'begin perform pg_sleep(0.3); end';
    create event trigger slow_drop on ddl_command_start when tag in ('DROP SCHEMA') execute function slow_drop()`)
  const connectionString = withSettings(database.url, { statement_timeout: '100ms' })
  expect(await removeSchema({ connectionString })).toMatchObject({ removed: true })
})
