// A process of the soak: works, produces or listens, and says how it is when it is asked.
import { setTimeout as pause } from 'node:timers/promises'
import { fixedDelay, type JobQueue, TerminalJobError } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { seededRandom } from '@jq/testing'
import { jsonLines } from '@jq/testing/lab'
import { createWorker, type Handler, type JobWorker } from '@jq/worker'
import { machineMs } from '../history/history-file.ts'
import { afterBundleJob, soakJob, tickJob } from './soak-job.ts'
import { SoakProducer } from './soak-producer.ts'
import type { SoakOrder, SoakPlan, SoakSaid } from './soak-talk.ts'

const plan = JSON.parse(process.argv[2] as string) as SoakPlan
// As short as it can be: rows go a minute after their stop.
const retention = { succeeded: '1m', failed: '1m' } as const
const queue = createJobQueue({ connectionString: plan.url, origin: 'soak', retention })
let waits: number[] = []
const worker = plan.role === 'worker' ? await startWork() : null
const producer = plan.role === 'producer' ? new SoakProducer(queue, seededRandom(plan.seed)) : null
if (plan.role === 'listener') await listen(queue)
say({ said: 'ready' })
for await (const order of jsonLines<SoakOrder>(process.stdin)) {
  if (order.order === 'sample') sample(order.n)
  if (order.order === 'produce') producer?.produce(order.rate)
  if (order.order === 'rest') say({ said: 'rested', added: (await producer?.rest()) ?? 0 })
  if (order.order === 'finish') break
}
await producer?.rest()
await worker?.finishThreads()
await queue.close()
process.stdin.destroy()

function say(said: SoakSaid): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

/** After a full collection, so that what is left is held by somebody. */
function sample(n: number): void {
  const told = waits
  waits = []
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  say({ said: 'sample', n, rss, heapUsed, handles: process.getActiveResourcesInfo().length, waits: told })
}

async function startWork(): Promise<JobWorker> {
  const retry = { maxRetryCount: 3, retryRule: fixedDelay('200ms') }
  const worker = createWorker(queue)
    .register(soakJob, act, retry)
    .register(afterBundleJob, () => undefined, retry)
    .register(tickJob, () => undefined, retry)
  await worker.startThreads(plan.threads)
  return worker
}

function act(
  ...[payload, context]: Parameters<Handler<typeof soakJob>>
): ReturnType<Handler<typeof soakJob>> {
  const { job, transaction } = context
  const result = { attempt: job.attempt }
  if (job.attempt === 1) waits.push(Math.round((machineMs() - payload.addedAt) * 100) / 100)
  switch (payload.does) {
    case 'end':
      return result
    case 'last':
      return pause(payload.ms, result)
    case 'stumble':
      if (job.attempt === 1) throw new Error('It is tried again')
      return result
    case 'give_up':
      throw new TerminalJobError('There is no use in it')
    case 'write':
      return transaction(async (_, client) => {
        await client.query('select 1')
        return result
      })
  }
}

/** One listener that is told all, wherever it stands, and one that hears what passes. */
async function listen(queue: JobQueue): Promise<void> {
  const listener = { onJobStopped: () => undefined, onJobBundleStopped: () => undefined }
  await queue.addListener(listener, { name: 'soak' })
  await queue.addListener(listener)
}
