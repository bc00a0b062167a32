import { setTimeout as wait } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { costsPerJob } from './costs-per-job.ts'
import { Crew } from './crew.ts'
import type { Database } from './database.ts'
import { askOnce } from './server.ts'

export interface WakePlan {
  /** @defaultValue 'ours' */
  readonly contender?: string | undefined
  readonly jobs: number
  readonly adders: number
  /** Worker processes that sleep when the adding begins. */
  readonly sleepers: number
  /** They sleep on the type that is added, else on others. */
  readonly concerned: boolean
  /** They stop where they are, so that they never wake, as processes do whose machine is gone. */
  readonly frozen: boolean
}

/** How fast so many adders add, each with connections of its own, while workers sleep. */
export async function measureWakeUps(bench: Bench, plan: WakePlan): Promise<Measurement> {
  const { contender = 'ours', jobs, adders, sleepers, concerned, frozen } = plan
  const work = { threads: 10, best: false, types: 1, handlerMs: 0, awaits: true, foreign: !concerned }
  const workers = new Crew(sleepers, { contender, work, tellsEntries: false })
  const adding = new Crew(1, { contender, work, tellsEntries: false })
  const database = await bench.database(contender, { jobs: 0 })
  try {
    await adding.do({ order: 'open-producer', url: database.url, count: adders })
    // Each connects, and the process becomes warm.
    await adding.do({ order: 'add', count: bench.smoke ? adders : 50 * adders, callers: adders })
    await askOnce(database.url, 'delete from worker.job_available')
    await workers.do({ order: 'open-hands', url: database.url })
    await workers.do({ order: 'work' })
    await untilAsleep(database, sleepers)
    if (frozen) await workers.freeze()
    const before = await database.use()
    const [done] = await adding.do({ order: 'add', count: jobs, callers: adders })
    const spent = await database.spentSince(before)
    return {
      rate: jobs / (((done?.endedAt ?? 0) - (done?.startedAt ?? 0)) / 1000),
      nodeUs: (done?.cpuUs ?? 0) / jobs,
      ...costsPerJob(spent, jobs),
    }
  } finally {
    await Promise.all([workers.end(), adding.end()])
    await database.drop()
  }
}

async function untilAsleep({ url }: Database, count: number): Promise<void> {
  const asleep = async () =>
    (await askOnce<{ count: number }>(url, 'select count(*)::int as count from worker.sleeper'))[0]?.count
  while ((await asleep()) !== count) await wait(20)
  // A process that goes to sleep looks again a few times before it trusts that.
  await wait(500)
}
