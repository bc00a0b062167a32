// A process that says what happens to it and does what it is told, one JSON line each.
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { jsonLines } from '@jq/testing/lab'

type Order =
  | { do: 'echo'; text: string }
  | { do: 'exit'; code: number }
  | { do: 'complain' }
  | { do: 'block' }
  | { do: 'clock'; id: number }

const say = (event: object) => console.log(JSON.stringify(event))

/** The clocks of the main thread and of a worker thread. */
async function clocks(): Promise<object> {
  const worker = new Worker(
    'require("node:worker_threads").parentPort.postMessage([Date.now(), +new Date(), Date.parse(Date())])',
    { eval: true },
  )
  const thread = await new Promise((resolve) => worker.once('message', resolve))
  const now = new Date()
  return { main: [Date.now(), now.getTime(), Date.parse(Date())], thread, monotonic: performance.now() }
}

async function obey(order: Order): Promise<void> {
  if (order.do === 'echo') say({ echo: order.text })
  if (order.do === 'exit') process.exit(order.code)
  if (order.do === 'complain') console.error('oh dear')
  if (order.do === 'clock') say({ id: order.id, ...(await clocks()) })
  if (order.do === 'block') for (;;);
}

process.on('SIGTERM', () => {
  say({ told: 'SIGTERM' })
  process.exit(0)
})
console.log('this line is no JSON')
say({ begun: process.argv.slice(2), environment: process.env.GREETING ?? null })
for await (const order of jsonLines<Order>(process.stdin)) await obey(order)
say({ ended: true })
