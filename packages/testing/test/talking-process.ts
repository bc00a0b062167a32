// A process that says what happens to it and does what it is told, one JSON line each.
import { once } from 'node:events'
import { performance } from 'node:perf_hooks'
import { Worker } from 'node:worker_threads'
import { jsonLines } from '../src/json-lines.ts'

type Order =
  | { do: 'echo'; text: string }
  | { do: 'exit'; code: number }
  | { do: 'complain' }
  | { do: 'block' }
  | { do: 'clock'; id: number }

const say = (event: object) => console.log(JSON.stringify(event))

/** The clocks of the main thread, of a thread that runs a string, and of one that runs a module. */
async function clocks(): Promise<object> {
  const now = new Date()
  const main = [Date.now(), now.getTime(), Date.parse(Date())]
  const read = 'parentPort.postMessage([Date.now(), +new Date(), Date.parse(Date())])'
  const script = new Worker(`const { parentPort } = require('node:worker_threads'); ${read}`, { eval: true })
  const module = new Worker(
    new URL(`data:text/javascript,import { parentPort } from 'node:worker_threads'; ${read}`),
  )
  const [[fromScript], [fromModule]] = await Promise.all([once(script, 'message'), once(module, 'message')])
  return { main, threads: [...fromScript, ...fromModule], monotonic: performance.now() }
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
