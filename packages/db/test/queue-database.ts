import { createTestDatabase, type TestDatabase } from '@jq/testing'
import { afterAll, inject } from 'vitest'

/** An empty database for the tests of one file, removed after them. */
export async function emptyDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  afterAll(() => database.drop())
  return database
}

/** The same with a job queue in the schema `worker`: a copy of what was migrated once for the whole run. */
export async function queueDatabase(): Promise<TestDatabase> {
  const database = await createTestDatabase({
    serverUrl: inject('pgUrl'),
    template: inject('queueTemplate'),
  })
  copies.push(database)
  return database
}

const copies: TestDatabase[] = []
afterAll(() => Promise.all(copies.map((database) => database.drop())))
