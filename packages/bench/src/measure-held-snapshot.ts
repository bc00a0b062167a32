import pg from 'pg'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { Crew } from './crew.ts'
import { clock } from './process-talk.ts'
import type { Database } from './server.ts'

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
  const rate = (best: boolean, jobs: number) => rateOf(database, contender, best, jobs)
  try {
    const before = await rate(false, window)
    await rate(passFast, passing)
    const after = await rate(false, window)
    return { 'rate at start': before, 'rate after': after, kept: after / before }
  } finally {
    await holder.end()
    await database.drop()
  }
}

/** Of the next jobs in a database that holds more. */
async function rateOf(database: Database, contender: string, best: boolean, jobs: number): Promise<number> {
  const work = { threads: 10, best, types: 1, handlerMs: 0, awaits: false }
  const crew = new Crew(1, { contender, work, tellsEntries: false })
  try {
    await crew.do({ order: 'open-hands', url: database.url })
    const working = crew.do({ order: 'work' })
    const skipped = await crew.ran(jobs * 0.1)
    const from = clock()
    await working
    const { count } = await crew.ran(jobs)
    const seconds = (clock() - from) / 1000
    await crew.do({ order: 'rest' })
    await crew.do({ order: 'close' })
    return Math.max(1, count - skipped.count) / seconds
  } finally {
    await crew.end()
  }
}
