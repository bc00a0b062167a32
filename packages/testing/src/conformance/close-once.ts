import { ClosedError, type JobQueue } from '@jq/core'

/** Closes a queue, unless its test has. */
export async function closeOnce(queue: JobQueue): Promise<void> {
  await queue.close().catch((error: unknown) => {
    if (!(error instanceof ClosedError)) throw error
  })
}
