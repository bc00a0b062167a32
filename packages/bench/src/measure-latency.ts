import { setTimeout as wait } from 'node:timers/promises'
import type { Bench } from './bench.ts'
import type { Measurement } from './bench-case.ts'
import type { WorkPlan } from './contenders/contender.ts'
import { Crew } from './crew.ts'
import { percentile } from './statistics.ts'

/** From the call of `add` in one process until the handler is entered in another one; the next is added a moment later. */
export async function measureLatency(
  bench: Bench,
  contender: string,
  plan: Partial<WorkPlan>,
  count: number,
): Promise<Measurement> {
  const work = { threads: 10, best: false, types: 1, handlerMs: 0, awaits: true, ...plan }
  const workers = new Crew(1, { contender, work, tellsEntries: true })
  const producers = new Crew(1, { contender, work, tellsEntries: false })
  const database = await bench.database(contender, { jobs: 0, told: true })
  try {
    await workers.do({ order: 'open-hands', url: database.url })
    await producers.do({ order: 'open-producer', url: database.url })
    await workers.do({ order: 'work' })
    const warmUp = bench.smoke ? 1 : 30
    const times: number[] = []
    for (let n = 0; n < warmUp + count; n++) {
      const [added] = await producers.do({ order: 'add-one', n })
      const entered = await workers.entered(n)
      if (n >= warmUp) times.push(entered - (added?.startedAt ?? 0))
      // The queue is idle in between, and no clock of a worker keeps step with it.
      await wait((n * 7) % 20)
    }
    await workers.do({ order: 'rest' })
    await Promise.all([workers, producers].map((crew) => crew.do({ order: 'close' })))
    return { p50: percentile(times, 50), p99: percentile(times, 99) }
  } finally {
    await Promise.all([workers.end(), producers.end()])
    await database.drop()
  }
}
