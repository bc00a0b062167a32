// A worker process that does many jobs, and says how much memory it holds after a third of them and at the end. Run with --expose-gc.
import { createJobQueue } from '@jq/db'
import { createWorker } from '../../src/index.ts'
import { labJob } from './lab-job.ts'

export interface HeapSaid {
  readonly done: number
  readonly heapBytes: number
}

const AT_ONCE = 1_000

const [connectionString, count] = [process.argv[2] as string, Number(process.argv[3])]
const queue = createJobQueue({ connectionString })
let done = 0
let enough = Promise.withResolvers<void>()
const worker = createWorker(queue, { prefetch: 200 }).register(labJob, (_, { job }) => {
  if (++done % AT_ONCE === 0) enough.resolve()
  return { attempt: job.attempt, workerId: 'w'.repeat(100) }
})
await worker.startThreads(20)
for (let added = 0; added < count; added += AT_ONCE) {
  enough = Promise.withResolvers()
  await queue.addMany(Array.from({ length: AT_ONCE }, () => labJob.with({ does: 'end' })))
  await enough.promise
  if (done === count / 3 || done === count) say()
}
await worker.finishThreads()
await queue.close()

function say(): void {
  ;(globalThis as unknown as { gc(): void }).gc()
  const said: HeapSaid = { done, heapBytes: process.memoryUsage().heapUsed }
  process.stdout.write(`${JSON.stringify(said)}\n`)
}
