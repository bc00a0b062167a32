import type { WorkerService } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { startTestDatabases } from '@jq/testing'
import { afterAll, onTestFinished } from 'vitest'

const databases = await startTestDatabases({
  serverUrl: process.env.DATABASE_URL, // undefined or empty: a PostgreSQL that came along with npm install
  prepare: ({ url }) => migrate({ connectionString: url }),
})
afterAll(() => databases.stop())

/** A queue in a database of its own, until the test has finished. */
export async function freshQueue(): Promise<WorkerService> {
  const { url } = await databases.create()
  const queue = createJobQueue({ connectionString: url })
  onTestFinished(() => queue.close())
  return queue
}
