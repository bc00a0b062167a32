import { setTimeout as wait } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import { Crew } from './crew.ts'

/** What a process that waits for work asks of the database. */
export async function measureIdle(
  bench: Bench,
  contender: string,
  best: boolean,
  seconds: number,
): Promise<Measurement> {
  const crew = new Crew(1, {
    contender,
    work: { threads: 10, best, types: 1, handlerMs: 0, awaits: true },
    tellsEntries: false,
  })
  const database = await bench.database(contender, { jobs: 0, told: true })
  try {
    await crew.do({ order: 'open-hands', url: database.url })
    await crew.do({ order: 'work' })
    await wait(bench.smoke ? 500 : 5_000)
    const usedBefore = await cpuUsOf(crew)
    const before = await database.use()
    await wait(seconds * 1000)
    const after = await database.use()
    const used = (await cpuUsOf(crew)) - usedBefore
    await crew.do({ order: 'rest' })
    await crew.do({ order: 'close' })
    return {
      'statements/s': (after.statements - before.statements) / seconds,
      'node ms/s': used / 1000 / seconds,
    }
  } finally {
    await crew.end()
    await database.drop()
  }
}

async function cpuUsOf(crew: Crew): Promise<number> {
  const reports = await crew.do({ order: 'report' })
  return reports.reduce((sum, { report }) => sum + (report?.cpuUs ?? 0), 0)
}
