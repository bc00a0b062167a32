import type { Job, JobDefinition, PayloadInput } from '@jq/core'
import { createMemoryJobQueue, type MemoryJobQueue, until } from '@jq/testing'
import { createWorker } from '@jq/worker'
import { onTestFinished } from 'vitest'
import type { HandlerSettings, ReadyHandler } from '../src/index.ts'

export interface RunningQueue<D extends JobDefinition> {
  readonly queue: MemoryJobQueue
  /** Adds a job, lets it fail for good or succeed without retries, and answers how it ended. */
  run(payload: PayloadInput<D>): Promise<Job>
  /** The job, once it stands in this state. */
  reaches(id: string, state: Job['state']): Promise<Job>
}

/** A queue in memory whose worker runs this handler, until the test has finished. */
export async function runningQueue<D extends JobDefinition>(
  ready: ReadyHandler<D>,
  options: HandlerSettings = {},
): Promise<RunningQueue<D>> {
  const queue = createMemoryJobQueue()
  const worker = ready.registerAt(createWorker(queue), options)
  await worker.startThreads(4)
  onTestFinished(async () => {
    await worker.stopThreads()
    await ready.close()
  })
  const reaches = (id: string, state: Job['state']) =>
    until(`the job is ${state}`, async () => {
      const job = await queue.getJob(id)
      return job?.state === state ? job : null
    })
  const run = async (payload: PayloadInput<D>) => {
    const { id } = await queue.add(ready.job, payload)
    return until('the job has stopped', async () => {
      const job = await queue.getJob(id)
      return job?.stoppedAt ? job : null
    })
  }
  return { queue, run, reaches }
}
