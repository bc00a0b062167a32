// A worker process of the lab: says in JSON lines what happens to its attempts, and does what it is told on stdin.
import { defineJob, type Logger } from '@jq/core'
import { createJobQueue, type JobQueueOptions } from '@jq/db'
import { jsonLines } from '@jq/testing/lab'
import { z } from 'zod'
import { createWorker, type JobWorker, type WorkerOptions } from '../../src/index.ts'

/** What a process is started with, as JSON in its first argument. */
export interface WorkerOrder {
  readonly queue: JobQueueOptions
  readonly worker: WorkerOptions
  readonly threads: number
}

/** What a process says. */
export type WorkerSaid =
  | { readonly said: 'ready'; readonly workerId: string }
  | { readonly said: 'begun' | 'ended'; readonly jobId: string; readonly attempt: number }
  | { readonly said: 'aborted'; readonly jobId: string; readonly attempt: number; readonly reason: string }
  | { readonly said: 'stopped'; readonly counts: object }
  | { readonly said: 'logged'; readonly message: string }

/** What a process is told. */
export type WorkerTold = { readonly tell: 'finish'; readonly timeout?: number } | { readonly tell: 'let-go' }

/** What the lab's jobs do: end at once, after some turns of the event loop, when told, with the process, or never let the loop turn. */
export const labJob = defineJob('lab', {
  payload: z.object({ does: z.enum(['end', 'turn', 'wait', 'die', 'block']), ms: z.int().optional() }),
  result: z.object({ attempt: z.int(), workerId: z.string() }),
})

function say(said: WorkerSaid): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

const order = JSON.parse(process.argv[2] as string) as WorkerOrder
let gate = Promise.withResolvers<void>()
const logged = (_: object, message = '') => say({ said: 'logged', message })
const logger: Logger = { debug: () => undefined, info: logged, warn: logged, error: logged }

const queue = createJobQueue(order.queue)
const worker: JobWorker = createWorker(queue, { ...order.worker, logger }).register(
  labJob,
  async ({ does, ms = 0 }, { job, signal, fence }) => {
    say({ said: 'begun', ...fence })
    signal.addEventListener('abort', () => say({ said: 'aborted', ...fence, reason: signal.reason.reason }))
    if (does === 'turn') await new Promise(setImmediate)
    if (does === 'wait')
      await Promise.race([
        gate.promise,
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      ])
    if (does === 'die') process.kill(process.pid, 'SIGKILL')
    if (does === 'block') for (const end = performance.now() + ms; performance.now() < end; ); // nothing else turns meanwhile
    say({ said: 'ended', ...fence })
    return { attempt: job.attempt, workerId: worker.id }
  },
)

await worker.startThreads(order.threads)
say({ said: 'ready', workerId: worker.id })
for await (const told of jsonLines<WorkerTold>(process.stdin)) {
  if (told.tell === 'let-go') {
    gate.resolve()
    gate = Promise.withResolvers()
  }
  if (told.tell === 'finish') {
    const counts = await worker.finishThreads({ timeout: told.timeout })
    await queue.close()
    say({ said: 'stopped', counts })
    break
  }
}
process.stdin.destroy() // what is left must let the process end by itself
