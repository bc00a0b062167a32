import { createJobQueue, migrate } from '@jq/db'
import { until } from '@jq/testing'
import { brokenInvariants, startTcpProxy } from '@jq/testing/lab'
import { expect, inject, onTestFinished, test } from 'vitest'
import { asked } from './lab/asked.ts'
import { startWorker } from './lab/lab.ts'
import { startReplicated } from './lab/replicated.ts'

// P22: the primary is gone for good, its standby is promoted, and the address that everybody knows leads there.

const FAILOVERS = inject('longForm') ? 10 : 1
const BUNDLE_OF = 5

/** A queue in use, by producers here and by workers in processes of their own, behind one address. */
async function inUse({ synchronous }: { synchronous: boolean }) {
  const replicated = await startReplicated({ synchronous })
  onTestFinished(() => replicated.stop())
  const address = await startTcpProxy(replicated.primary.url)
  onTestFinished(() => address.close())
  const url = address.url(replicated.primary.url)
  await migrate({ connectionString: url })
  const queue = createJobQueue({ connectionString: url })
  onTestFinished(() => queue.close())
  const settings = {
    heartbeatInterval: '500ms',
    deadFor: '5s',
    reapInterval: '1s',
    pollInterval: '1s',
  } as const
  const workers = await Promise.all([1, 2].map(() => startWorker(url, { worker: settings, threads: 4 })))
  onTestFinished(async () => void (await Promise.all(workers.map(({ process }) => process.kill()))))

  const acknowledged: string[] = []
  let isOver = false
  const produce = async () => {
    while (!isOver) {
      const jobs = Array.from({ length: BUNDLE_OF }, () => ({
        type: 'lab',
        payload: { does: 'last', ms: 5 },
      }))
      const bundle = await queue.addBundle({ type: 'b', origin: 'o', jobs })
      acknowledged.push(...bundle.jobs.map(({ id }) => id))
    }
  }
  const producing = Promise.all(Array.from({ length: 4 }, produce))
  producing.catch(() => undefined) // whoever waits for it is told
  return {
    ...replicated,
    queue,
    acknowledged,
    more: async (count: number) => {
      const before = acknowledged.length
      await until('adds are answered', () => acknowledged.length >= before + count, { within: '1m' })
    },
    /** The primary dies, and the address leads to what was its standby. */
    failOver: async () => {
      await replicated.primary.crash()
      await replicated.promote()
      address.leadTo(replicated.standby.url)
      address.cut()
    },
    /** Resolves once all that is there has stopped. */
    rest: async () => {
      isOver = true
      await producing
      const open = async () => {
        const { scheduled, available, running } = await queue.getStats()
        return scheduled + available + running
      }
      await until('all has stopped', async () => (await open()) === 0, { within: '2m' })
    },
    /** Of the acknowledged ones. */
    lost: async () => {
      const lost = await asked<{ id: string }>(url, LOST, [acknowledged])
      return lost.map(({ id }) => id)
    },
    broken: () => brokenInvariants((sql) => asked(url, sql)),
  }
}

const LOST = `
  select a.id from unnest($1::uuid[]) as a (id)
  where not exists (
    select from worker.job j join worker.job_stopped s on s.seq = j.seq where j.id = a.id and s.outcome = 's')`

for (let n = 0; n < FAILOVERS; n++) {
  test(`a promoted synchronous standby has everything that was acknowledged (${n})`, {
    timeout: 300_000,
  }, async () => {
    const it = await inUse({ synchronous: true })
    await it.more(200)
    await it.failOver()
    await it.more(200)
    await it.rest()
    expect(await it.lost()).toEqual([])
    expect(await it.broken()).toEqual([])
  })

  test(`a promoted asynchronous standby lacks the last moments, and nothing else (${n})`, {
    timeout: 300_000,
  }, async () => {
    const it = await inUse({ synchronous: false })
    await it.more(200)
    const known = it.acknowledged.length
    await it.caughtUp()
    it.wire.hold()
    await it.more(200)
    await it.failOver()
    const late = it.acknowledged.length
    await it.more(200)
    await it.rest()
    const window = new Set(it.acknowledged.slice(known, late))
    const lost = await it.lost()
    console.info(
      `failover: ${lost.length} jobs lost of ${late - known} that were acknowledged while the standby heard nothing`,
    )
    expect(lost.length).toBeGreaterThan(0)
    expect(lost.filter((id) => !window.has(id))).toEqual([])
    expect(await it.broken()).toEqual([])
  })
}
