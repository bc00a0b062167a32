// A worker process of the lab: says in JSON lines what happens to its attempts, and does what it is told on stdin. On SIGTERM it
// finishes, as a process of a user does.
import { fixedDelay, type Logger } from '@jq/core'
import { createJobQueue, type JobQueueOptions } from '@jq/db'
import { jsonLines } from '@jq/testing/lab'
import { createWorker, type JobWorker, type WorkerOptions } from '../../src/index.ts'
import { actOf, labJob, type Say } from './lab-job.ts'

/** What a process is started with, as JSON in its first argument. */
export interface WorkerOrder {
  readonly queue: JobQueueOptions
  readonly worker: WorkerOptions
  readonly threads: number
}

/** What a process says. */
export type WorkerSaid =
  | { readonly said: 'ready'; readonly workerId: string }
  | {
      readonly said: 'begun' | 'written' | 'ended'
      readonly jobId: string
      readonly attempt: number
      readonly does: string
    }
  | { readonly said: 'aborted'; readonly jobId: string; readonly attempt: number; readonly reason: string }
  | { readonly said: 'refused'; readonly jobId: string; readonly attempt: number; readonly code: string }
  | { readonly said: 'stopped'; readonly counts: object }
  | {
      readonly said: 'logged'
      readonly message: string
      readonly seq: string | undefined
      readonly error: string | undefined
    }

/** What a process is told. */
export type WorkerTold = { readonly tell: 'finish'; readonly timeout?: number } | { readonly tell: 'let-go' }

const say: Say = (said) => void process.stdout.write(`${JSON.stringify(said)}\n`)
const logged = (fields: { seq?: string; err?: unknown }, message = '') =>
  say({
    said: 'logged',
    message,
    seq: fields.seq,
    error: troubleIn(fields),
  })
const troubleIn = ({ err }: { err?: unknown }) => (err === undefined ? undefined : String(err))
const logger: Logger = { debug: () => undefined, info: logged, warn: logged, error: logged }

const order = JSON.parse(process.argv[2] as string) as WorkerOrder
let gate = Promise.withResolvers<void>()
const queue = createJobQueue(order.queue)
const worker: JobWorker = createWorker(queue, { ...order.worker, logger }).register(
  labJob,
  actOf({ say, gate: () => gate.promise, workerId: () => worker.id }),
  { maxRetryCount: 1_000, retryRule: fixedDelay(1) },
)

await worker.startThreads(order.threads)
process.once('SIGTERM', () => void finish())
say({ said: 'ready', workerId: worker.id })
void hear() // not awaited: after a SIGTERM nobody tells it anything any more

async function hear(): Promise<void> {
  for await (const told of jsonLines<WorkerTold>(process.stdin)) {
    if (told.tell === 'let-go') {
      gate.resolve()
      gate = Promise.withResolvers()
    }
    if (told.tell === 'finish') return finish(told.timeout)
  }
}

async function finish(timeout?: number): Promise<void> {
  const counts = await worker.finishThreads({ timeout })
  await queue.close()
  say({ said: 'stopped', counts })
  process.stdin.destroy() // what is left must let the process end by itself
}
