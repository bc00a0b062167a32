import { defineJob, type WorkerService } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { createTestDatabase, type TestDatabase } from '@jq/testing'
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
  const database = await createTestDatabase({
    serverUrl: inject('pgUrl'),
    template: inject('queueTemplate'),
  })
  copies.push(database)
  const queue = createJobQueue({ connectionString: database.url })
  onTestFinished(() => queue.close())
  return { database, queue, env: { DATABASE_URL: database.url } }
}

const copies: TestDatabase[] = []
afterAll(() => Promise.all(copies.map((database) => database.drop())))
