import pg from 'pg'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { costsPerJob } from './costs-per-job.ts'
import { Crew } from './crew.ts'
import type { Database } from './database.ts'
import { clock } from './process-talk.ts'

export interface HeldPlan {
  readonly contender: string
  /** Measured before and after, at 10 threads. */
  readonly window: number
  /** Pass in between. */
  readonly passing: number
  /** Whether they pass with the contender's best settings, since at 10 threads it would take minutes. */
  readonly passFast: boolean
}

/** The rate at the start and after many jobs have passed, while another session holds a snapshot that vacuum must respect. */
export async function measureHeldSnapshot(bench: Bench, plan: HeldPlan): Promise<Measurement> {
  const { contender, window, passing, passFast } = plan
  const database = await bench.database(contender, { jobs: window * 4 + passing + 4_000 })
  const holder = new pg.Client(database.url)
  await holder.connect()
  await holder.query('begin isolation level repeatable read')
  await holder.query('select txid_current_snapshot()')
  try {
    const { rate: rateAtStart, costs: first } = await nextJobs(database, contender, false, window)
    await nextJobs(database, contender, passFast, passing)
    const { rate: rateAfter, costs } = await nextJobs(database, contender, false, window)
    const serverUsAtStart = first.serverUs as number
    return {
      'rate at start': rateAtStart,
      'rate after': rateAfter,
      'server µs at start': serverUsAtStart,
      ...costs,
    }
  } finally {
    await holder.end()
    await database.drop()
  }
}

/** The rate and the costs of the next jobs in a database that holds more. */
async function nextJobs(
  database: Database,
  contender: string,
  best: boolean,
  jobs: number,
): Promise<{ rate: number; costs: Measurement }> {
  const work = { threads: 10, best, types: 1, handlerMs: 0, awaits: false }
  const crew = new Crew(1, { contender, work, tellsEntries: false })
  try {
    await crew.do({ order: 'open-hands', url: database.url })
    const working = crew.do({ order: 'work' })
    const skipped = await crew.ran(jobs * 0.1)
    const from = clock()
    const before = await database.use()
    await working
    const { count, cpuUs } = await crew.ran(jobs)
    const seconds = (clock() - from) / 1000
    const spent = await database.spentSince(before)
    await crew.do({ order: 'rest' })
    await crew.do({ order: 'close' })
    const ran = Math.max(1, count - skipped.count)
    const nodeUs = (cpuUs - skipped.cpuUs) / ran
    return { rate: ran / seconds, costs: { nodeUs, ...costsPerJob(spent, ran) } }
  } finally {
    await crew.end()
  }
}
