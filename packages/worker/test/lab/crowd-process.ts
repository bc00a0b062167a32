// One of many processes that add and work off the same jobs: says in JSON lines what it began and what its adds came to.
import { setTimeout as wait } from 'node:timers/promises'
import { fixedDelay } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { jsonLines } from '@jq/testing/lab'
import { createWorker } from '../../src/index.ts'
import { crowdJob } from './crowd-job.ts'

/** What a process is told. */
export type CrowdTold =
  | { readonly tell: 'work'; readonly threads: number }
  | { readonly tell: 'listen' }
  /** Adds that many jobs of `ms` each; with a key one, as do all others at this moment. */
  | { readonly tell: 'add'; readonly count: number; readonly ms: number; readonly uniqueKey?: string }
  | { readonly tell: 'finish' }

/** What a process says. */
export type CrowdSaid =
  | { readonly said: 'ready' | 'working' | 'listening' }
  | { readonly said: 'added'; readonly results: readonly { id: string; status: string }[] }
  | { readonly said: 'refused'; readonly why: string }
  | { readonly said: 'began'; readonly jobId: string; readonly attempt: number }
  | {
      readonly said: 'stopped'
      readonly bundleId: string
      readonly epoch: number
      readonly hasError: boolean
    }

function say(said: CrowdSaid): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

const queue = createJobQueue({ connectionString: process.argv[2] as string })
const worker = createWorker(queue, {
  pollInterval: '1h',
  reapInterval: '1h',
  heartbeatInterval: '1s',
}).register(
  crowdJob,
  async ({ ms, fail }, { job }) => {
    say({ said: 'began', jobId: job.id, attempt: job.attempt })
    if (ms > 0) await wait(ms)
    if (fail && job.attempt === 1) throw new Error('once more')
  },
  { maxRetryCount: 1, retryRule: fixedDelay('300ms') },
)

async function add(count: number, ms: number, uniqueKey: string | undefined): Promise<void> {
  try {
    const options = uniqueKey === undefined ? {} : { uniqueKey }
    const results = await queue.addMany(Array.from({ length: count }, () => crowdJob.with({ ms }, options)))
    say({ said: 'added', results })
  } catch (error) {
    say({ said: 'refused', why: String(error) })
  }
}

async function listen(): Promise<void> {
  await queue.addListener({
    onJobBundleStopped: ({ bundleId, epoch, hasError }) =>
      say({ said: 'stopped', bundleId, epoch, hasError }),
  })
  say({ said: 'listening' })
}

say({ said: 'ready' })
for await (const told of jsonLines<CrowdTold>(process.stdin)) {
  if (told.tell === 'listen') await listen()
  if (told.tell === 'add') void add(told.count, told.ms, told.uniqueKey)
  if (told.tell === 'work') {
    await worker.startThreads(told.threads)
    say({ said: 'working' })
  }
  if (told.tell === 'finish') break
}
await worker.finishThreads()
await queue.close()
process.stdin.destroy() // what is left must let the process end by itself
