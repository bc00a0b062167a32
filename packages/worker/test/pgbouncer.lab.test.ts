import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test } from 'vitest'
import { startWorker } from './lab/lab.ts'
import { labJob } from './lab/lab-job.ts'
import { pgbouncer, startPgbouncer } from './lab/pgbouncer.ts'
import { postgresUniverse } from './postgres-universe.ts'

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let pooled: string
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

// A real one: our own proxy only swallows notifications, this one lends each transaction another connection.
describe.skipIf(pgbouncer === undefined)(
  'behind PgBouncer in transaction mode (skipped where there is none: apt-get install pgbouncer)',
  () => {
    beforeEach(async () => {
      const bouncer = await startPgbouncer(universe.url)
      pooled = bouncer.url
      onTestFinished(() => bouncer.stop())
    })

    test('jobs are added, run and settled, bundles stop, and each job runs once', async () => {
      const queue = createJobQueue({ connectionString: pooled })
      onTestFinished(() => queue.close())
      const workers = await Promise.all([0, 1].map(() => startWorker(pooled, { threads: 4 })))
      const added = await queue.addMany(Array.from({ length: 200 }, () => labJob.with({ does: 'turn' })))
      const bundle = await queue.addBundle({
        type: 'b',
        origin: 'o',
        jobs: Array.from({ length: 20 }, () => labJob.with({ does: 'turn' })),
        whenStopped: [labJob.with({ does: 'turn' })],
      })
      await universe.transaction(async (db) => void (await queue.add(labJob, { does: 'turn' }, { db })))
      await until('all have succeeded', async () => (await queue.getStats()).succeeded === 200 + 20 + 1 + 1, {
        within: '30s',
      })
      expect(await queue.getBundleState(bundle.id)).toMatchObject({ bundle: { numJobsStopped: 20 } })
      const begun = workers.flatMap(({ process }) => process.events.filter(({ said }) => said === 'begun'))
      expect(new Set(begun.map((event) => (event as { jobId: string }).jobId)).size).toBe(begun.length)
      expect(begun).toHaveLength(added.length + 20 + 1 + 1)
      for (const { process } of workers) await process.kill('SIGTERM')
    })

    test('health says that LISTEN hears nothing and why, and with a direct URL for it all is well', async () => {
      const queue = createJobQueue({ connectionString: pooled })
      onTestFinished(() => queue.close())
      await queue.addListener({ onResync: () => undefined })
      expect(await queue.health()).toMatchObject({
        status: 'degraded',
        listen: 'degraded',
        reasons: [expect.stringContaining('transaction pooler')],
      })
      const direct = createJobQueue({ connectionString: pooled, listenConnectionString: universe.url })
      onTestFinished(() => direct.close())
      await direct.addListener({ onResync: () => undefined })
      await until('LISTEN is trusted', async () => (await direct.health()).listen === 'ok')
    })
  },
)
