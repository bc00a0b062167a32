import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { contenderNamed } from './contenders/contender-named.ts'
import { Crew } from './crew.ts'
import type { Order } from './process-talk.ts'
import { askOnce, type Database } from './server.ts'

type AddOrder = Extract<Order, { count: number }>

/** How fast one process adds to an empty database, and what that costs. Every job is there afterwards. */
export async function measureAdding(bench: Bench, contender: string, order: AddOrder): Promise<Measurement> {
  const { addedSql } = await contenderNamed(contender)
  const work = { threads: 1, best: false, types: 1, handlerMs: 0, awaits: false }
  const crew = new Crew(1, { contender, work, tellsEntries: false })
  const databases: Database[] = []
  try {
    if (!bench.smoke)
      databases.push(await warmUp(bench, crew, contender, { ...order, count: Math.min(order.count, 1_000) }))
    const database = await bench.database(contender, { jobs: 0 })
    databases.push(database)
    await crew.do({ order: 'open-producer', url: database.url })
    await crew.do({ order: 'add-one', n: -1 })
    const before = await bench.server.use(database)
    const [done] = await crew.do(order)
    const after = await bench.server.use(database)
    await crew.do({ order: 'close' })
    const commits = (await bench.server.commits(database)) / order.count
    const [row] = await askOnce<{ added: number }>(database.url, addedSql)
    if (row?.added !== order.count + 1)
      throw new Error(`${contender} has ${row?.added} of ${order.count + 1} jobs.`)
    return {
      rate: order.count / (((done?.endedAt ?? 0) - (done?.startedAt ?? 0)) / 1000),
      nodeUs: (done?.cpuUs ?? 0) / order.count,
      pgUs: (after.cpuUs - before.cpuUs) / order.count,
      walBytes: (after.walBytes - before.walBytes) / order.count,
      statements: (after.statements - before.statements) / order.count,
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
