import { defineJob, type WorkerService } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { startTestDatabases, type TestDatabase, type TestDatabases } from '@jq/testing'
import { afterAll, inject, onTestFinished } from 'vitest'
import { z } from 'zod'

/** Takes whatever there is. */
export const anything = defineJob('anything', { payload: z.unknown() })

/** A database with a queue in it. */
export interface QueueHere {
  readonly database: TestDatabase
  readonly queue: WorkerService
  /** What tells a command where it is. */
  readonly env: Record<string, string>
}

/** A queue of one's own for a test. */
export async function queueHere(): Promise<QueueHere> {
  databases ??= startTestDatabases({
    serverUrl: inject('pgUrl'),
    prepare: ({ url }) => migrate({ connectionString: url }),
  })
  const database = await (await databases).create()
  const queue = createJobQueue({ connectionString: database.url })
  onTestFinished(() => queue.close())
  return { database, queue, env: { DATABASE_URL: database.url } }
}

let databases: Promise<TestDatabases> | undefined
afterAll(async () => {
  await (await databases)?.stop()
})
