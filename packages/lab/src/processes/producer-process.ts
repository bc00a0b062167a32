// A producer: adds jobs one by one, many at a time, as bundles and in transactions of which some are rolled back, and resets
// some that have ended, until it is told to finish.
import { setTimeout as pause } from 'node:timers/promises'
import { createJobQueue } from '@jq/db'
import { seededRandom } from '@jq/testing'
import { jsonLines } from '@jq/testing/lab'
import { beginProcess, type LabOrder, say } from './lab-process.ts'
import { Producer } from './producer.ts'

export interface ProducerOrder extends LabOrder {
  readonly seed: number
  /** It rests for so long between two calls, on average. */
  readonly restMs: number
}

const { order, write, logger } = beginProcess<ProducerOrder>()
const queue = createJobQueue({ connectionString: order.url, logger, origin: order.name })
const random = seededRandom(order.seed)
const producer = new Producer({ queue, write, random, name: order.name, url: order.url })
let isOver = false
const producing = produce()
say('produces')
for await (const { tell } of jsonLines<{ tell: string }>(process.stdin)) if (tell === 'finish') break
isOver = true
await producing
await queue.close()
process.stdin.destroy()

async function produce(): Promise<void> {
  while (!isOver) {
    await producer.call()
    await pause(random.integer(1, 2 * order.restMs))
  }
}
