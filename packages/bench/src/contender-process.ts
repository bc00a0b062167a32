// A process of one contender: does what it is told on stdin, and says in JSON lines on stdout what came of it.
import { setTimeout as wait } from 'node:timers/promises'
import { jsonLines } from '@jq/testing/lab'
import type { Hands, Producer } from './contenders/contender.ts'
import { contenderNamed } from './contenders/contender-named.ts'
import { type Answer, clock, type Order, type ProcessPlan, type Report, type Said } from './process-talk.ts'
import { RunCount } from './run-count.ts'

const TICK_MS = 10

const plan = JSON.parse(process.argv[2] as string) as ProcessPlan
const contender = await contenderNamed(plan.contender)
let hands: Hands | undefined
let producers: Producer[] = []
let runs = new RunCount()
let ticking: NodeJS.Timeout | undefined

function say(said: Said): void {
  process.stdout.write(`${JSON.stringify(said)}\n`)
}

function cpuUs(): number {
  const { user, system } = process.cpuUsage()
  return user + system
}

function run(n: number): Promise<void> | void {
  if (n >= 0) runs.add(n)
  if (plan.tellsEntries) say({ said: 'entered', n, at: clock() })
  if (plan.work.handlerMs > 0) return wait(plan.work.handlerMs)
}

let told = 0
function tick(): void {
  if (runs.count === told) return
  told = runs.count
  say({ said: 'tick', at: clock(), count: told, cpuUs: cpuUs() })
}

async function obey(order: Order): Promise<Report | undefined> {
  switch (order.order) {
    case 'open-hands':
      runs = new RunCount()
      told = 0
      hands = await contender.openHands(order.url, plan.work, run)
      say({ said: 'tick', at: clock(), count: 0, cpuUs: cpuUs() })
      return
    case 'open-producer':
      for (let i = 0; i < (order.count ?? 1); i++) producers.push(await contender.openProducer(order.url))
      return
    case 'work':
      ticking ??= setInterval(tick, TICK_MS)
      return hands?.work() as Promise<undefined>
    case 'rest':
      clearInterval(ticking)
      ticking = undefined
      return hands?.rest() as Promise<undefined>
    case 'report':
      return { ...runs.runs, cpuUs: cpuUs() }
    case 'close':
      await hands?.close()
      await Promise.all(producers.map((producer) => producer.close()))
      hands = undefined
      producers = []
      return
    default:
      await add(producers[0] as Producer, order)
  }
}

async function add(to: Producer, order: Extract<Order, { order: `add${string}` }>): Promise<void> {
  if (order.order === 'add-one') await to.add({ n: order.n, type: 0 })
  else if (order.order === 'add') await addBy(order.count, order.callers)
  else {
    for (let n = 0; n < order.count; n += order.size) {
      const jobs = Array.from({ length: Math.min(order.size, order.count - n) }, (_, i) => ({
        n: n + i,
        type: 0,
      }))
      if (order.order === 'add-bundles') await to.addBundle?.(jobs)
      else await to.addMany(jobs)
    }
  }
}

async function addBy(count: number, callers: number): Promise<void> {
  let next = 0
  const caller = async (_: unknown, i: number) => {
    const to = producers[i % producers.length] as Producer
    while (next < count) await to.add({ n: next++, type: 0 })
  }
  await Promise.all(Array.from({ length: callers }, caller))
}

for await (const { id, ...order } of jsonLines<Order & { id: number }>(process.stdin)) {
  const startedAt = clock()
  const before = cpuUs()
  const answer = (rest: Partial<Answer>): void =>
    say({ said: 'done', id, startedAt, endedAt: clock(), cpuUs: cpuUs() - before, ...rest })
  await obey(order as Order).then(
    (report) => answer(report === undefined ? {} : { report }),
    (error: Error) => answer({ error: error.stack ?? String(error) }),
  )
}
process.stdin.destroy()
