// A worker process: works until it is told to finish, and writes its history.
import { fixedDelay } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { jsonLines } from '@jq/testing/lab'
import { createWorker, type JobWorker, type WorkerOptions } from '@jq/worker'
import pg from 'pg'
import { actOf } from '../jobs/act-of.ts'
import { isolatedJob, labJob } from '../jobs/lab-job.ts'
import { holdPool } from './hold-pool.ts'
import { beginProcess, type LabOrder, say } from './lab-process.ts'
import { recordedService } from './recorded-service.ts'

export interface WorkerOrder extends LabOrder {
  readonly threads: number
  readonly worker: WorkerOptions
  /** It brings a pool of its own with so many connections; else the queue has its own. */
  readonly poolSize: number | null
  /** It takes the jobs that run in a thread of their own, one at a time. */
  readonly isolates: boolean
}

/** What a worker process is told. */
export type WorkerTold =
  | { readonly tell: 'finish' }
  /** Holds all connections of its own pool for so long. */
  | { readonly tell: 'hold-pool'; readonly ms: number }

const { order, write, logger } = beginProcess<WorkerOrder>()
const pool =
  order.poolSize === null ? null : new pg.Pool({ connectionString: order.url, max: order.poolSize })
pool?.on('error', (error) => logger.warn({ err: error }, 'a connection of the pool was lost'))
const queue = createJobQueue({ ...(pool ? { pool } : { connectionString: order.url }), logger })
const service = recordedService(queue, write)
// A jump of the server's clock makes attempts of fifteen minutes out of those that had just begun: that costs a time-out.
const retry = { maxRetryCount: 1_000, maxTimeoutRetryCount: 1_000, retryRule: fixedDelay('50ms') }
const worker: JobWorker = createWorker(service, { ...order.worker, logger }).register(
  labJob,
  actOf({ write, workerId: () => worker.id }),
  retry,
)
if (order.isolates)
  worker.registerIsolated(isolatedJob, new URL('../jobs/eat.ts', import.meta.url), {
    ...retry,
    memoryLimitMb: 32,
    concurrency: 1,
  })

write({ did: 'joined', workerId: worker.id })
await worker.startThreads(order.threads)
say(worker.id)
for await (const told of jsonLines<WorkerTold>(process.stdin)) {
  if (told.tell === 'hold-pool' && pool) void holdPool(pool, told.ms, write)
  if (told.tell === 'finish') break
}
write({ did: 'left', counts: await worker.finishThreads() })
await queue.close()
await pool?.end()
process.stdin.destroy() // what is left must let the process end by itself
