import { createTestDatabase, type TestDatabase } from '@jq/testing'
import { afterAll, inject } from 'vitest'
import { migrate } from '../src/index.ts'

/** An empty database for the tests of one file, removed after them. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  afterAll(() => database.drop())
  return database
}

/** The same with a job queue in the schema `worker`. */
export async function queueDatabase(): Promise<TestDatabase> {
  const database = await emptyDatabase()
  await migrate({ connectionString: database.url })
  return database
}
