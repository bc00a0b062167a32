// A worker process whose handler is isolated in another process. On SIGTERM it finishes, as a process of a user does.
import { createJobQueue } from '@jq/db'
import { createWorker } from '../../src/index.ts'
import { isolatedJob } from './isolated-job.ts'

const queue = createJobQueue({ connectionString: process.argv[2] as string })
const worker = createWorker(queue).registerIsolated(isolatedJob, new URL('act.ts', import.meta.url), {
  in: 'process',
})
await worker.startThreads(2)
process.once('SIGTERM', async () => {
  await worker.finishThreads()
  await queue.close()
})
