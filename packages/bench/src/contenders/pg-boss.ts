import { setTimeout as wait } from 'node:timers/promises'
import { PgBoss } from 'pg-boss'
import type { BenchJob, Contender } from './contender.ts'
import { sqlLook } from './sql-look.ts'

/**
 * pg-boss. Best: batches of 500 for two workers that fetch on without a pause while batches are full.
 *
 * At its bare defaults each of its workers takes one job every two seconds. It is measured with more than that: it fetches on
 * without a pause while jobs wait and learns of them every second. Where jobs come one by one it is woken by NOTIFY. Elsewhere
 * that is off, as by default: each of its adds would carry one, and it would look for a backlog less often.
 */
export const pgBoss: Contender = {
  name: 'pg-boss',

  async install(url, { types, told }) {
    const boss = await started({ connectionString: url })
    for (let type = 0; type < types; type++) await boss.createQueue(nameOf(type), { notify: told })
    await boss.stop({ graceful: false })
  },

  async openProducer(url) {
    const boss = await started({ connectionString: url, supervise: false, schedule: false })
    return {
      add: ({ n, type }) => boss.send(nameOf(type), { n }),
      addMany: (jobs) => insertByType(boss, jobs),
      close: () => boss.stop({ graceful: false }),
    }
  },

  async openHands(connectionString, { threads, best, types, handlerMs, awaits }, run) {
    const everySecond = {
      superviseIntervalSeconds: 1,
      monitorIntervalSeconds: 1,
      queueCacheIntervalSeconds: 1,
    }
    const boss = await started({ connectionString, useListenNotify: awaits, ...(best ? {} : everySecond) })
    const plan = best
      ? { localConcurrency: 2, batchSize: 500, burstWhenBatchFull: true }
      : { localConcurrency: threads, batchSize: 1, burstWhenReadyExceeds: 1 }
    const names = Array.from({ length: types }, (_, type) => nameOf(type))
    return {
      work: async () => {
        for (const name of names)
          await boss.work<{ n: number }>(name, plan, async (jobs) => {
            if (handlerMs > 0) await Promise.all(jobs.map(({ data }) => run(data.n)))
            else for (const { data } of jobs) void run(data.n)
          })
      },
      rest: async () => {
        for (const name of names) await boss.offWork(name, { wait: true })
      },
      close: () => boss.stop({ graceful: false }),
    }
  },

  openLook: sqlLook({
    settled: `select not exists (select from pgboss.job where state < 'completed' and start_after <= now()) as settled`,
    kept: `select count(*)::int as kept from pgboss.job where state = 'completed' and name like 'bench-%'`,
    added: `select count(*)::int as added from pgboss.job where state = 'created' and start_after <= now() and name like 'bench-%'`,
  }),
}

async function started(options: ConstructorParameters<typeof PgBoss>[0] & object): Promise<PgBoss> {
  const boss = new PgBoss(options)
  boss.on('error', (error) => console.error(error))
  for (let tries = 1; ; tries++) {
    try {
      return await boss.start()
    } catch (error) {
      if (tries === 3) throw error
      await wait(100)
    }
  }
}

function nameOf(type: number): string {
  return `bench-${type}`
}

async function insertByType(boss: PgBoss, jobs: readonly BenchJob[]): Promise<void> {
  const byType = Map.groupBy(jobs, ({ type }) => type)
  for (const [type, some] of byType)
    await boss.insert(
      nameOf(type),
      some.map(({ n, startAt }) => ({ data: { n }, ...(startAt && { startAfter: startAt }) })),
    )
}
