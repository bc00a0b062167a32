import { createTestDatabase, startTestDatabases, type TestDatabase, type TestDatabases } from '@jq/testing'
import { afterAll, inject } from 'vitest'
import { migrate } from '../src/index.ts'

/** An empty database for the tests of one file, removed after them. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  afterAll(() => database.drop())
  return database
}

/** The same with a job queue in the schema `worker`: migrated once for a test file, and copied. */
export async function queueDatabase(): Promise<TestDatabase> {
  databases ??= startTestDatabases({
    serverUrl: inject('pgUrl'),
    prepare: ({ url }) => migrate({ connectionString: url }),
  })
  return (await databases).create()
}

let databases: Promise<TestDatabases> | undefined
afterAll(async () => {
  await (await databases)?.stop()
})
