import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { contenderNamed } from './contenders/contender-named.ts'
import { costsPerJob } from './costs-per-job.ts'
import { Crew } from './crew.ts'
import type { Database } from './database.ts'
import type { Order } from './process-talk.ts'

type AddOrder = Extract<Order, { count: number }>

/** Enough calls of each kind that a process is warm. */
const WARM_UP_JOBS = { add: 1_000, 'add-many': 20_000, 'add-bundles': 20_000 }

/**
 * How fast one process adds to an empty database, and what that costs. Every job is there afterwards.
 *
 * @param producers - so many, which share nothing, for its callers in turn
 */
export async function measureAdding(
  bench: Bench,
  contender: string,
  order: AddOrder,
  producers = 1,
): Promise<Measurement> {
  const { openLook } = await contenderNamed(contender)
  const work = { threads: 1, best: false, types: 1, handlerMs: 0, awaits: false }
  const crew = new Crew(1, { contender, work, tellsEntries: false })
  const databases: Database[] = []
  try {
    if (!bench.smoke)
      databases.push(
        await warmUp(bench, crew, contender, {
          ...order,
          count: Math.min(order.count, WARM_UP_JOBS[order.order]),
        }),
      )
    const database = await bench.database(contender, { jobs: 0 })
    databases.push(database)
    await crew.do({ order: 'open-producer', url: database.url, count: producers })
    await crew.do({ order: 'add-one', n: -1 })
    const before = await database.use()
    const [done] = await crew.do(order)
    const spent = await database.spentSince(before)
    await crew.do({ order: 'close' })
    const commits = (await database.commits()) / order.count
    const look = await openLook(database.url)
    const added = await look.added()
    await look.close()
    if (added !== order.count + 1) throw new Error(`${contender} has ${added} of ${order.count + 1} jobs.`)
    return {
      rate: order.count / (((done?.endedAt ?? 0) - (done?.startedAt ?? 0)) / 1000),
      nodeUs: (done?.cpuUs ?? 0) / order.count,
      ...costsPerJob(spent, order.count),
      commits,
    }
  } finally {
    await crew.end()
    for (const database of databases) await database.drop()
  }
}

async function warmUp(bench: Bench, crew: Crew, contender: string, order: AddOrder): Promise<Database> {
  const database = await bench.database(contender, { jobs: 0 })
  await crew.do({ order: 'open-producer', url: database.url })
  await crew.do(order)
  await crew.do({ order: 'close' })
  return database
}
