import { type JobDefinition, type PayloadInput, type ResultOf, setDefaultService } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { createTestDatabase, startEmbeddedPostgres } from '@jq/testing'
import { createWorker, type Handler } from '@jq/worker'

/** How a user's own test sees a handler at work: a server without installation, a database of its own, one job, its result. */
export async function resultOfOne<D extends JobDefinition>(
  job: D,
  handler: Handler<D>,
  payload: PayloadInput<D>,
): Promise<ResultOf<D>> {
  const server = await startEmbeddedPostgres()
  const database = await createTestDatabase({ serverUrl: server.url })
  const queue = createJobQueue({ connectionString: database.url, migrate: 'up' })
  setDefaultService(queue)
  const worker = createWorker(queue).register(job, handler)
  try {
    await worker.startThreads(1)
    const { id } = await queue.add(job, payload)
    return await (await queue.getRunState(id, job)).waitUntilStopped()
  } finally {
    await worker.finishThreads()
    await queue.close()
    await database.drop()
    await server.stop()
  }
}
