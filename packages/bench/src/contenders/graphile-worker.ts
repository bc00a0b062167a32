import {
  Logger,
  makeWorkerUtils,
  type Runner,
  runMigrations,
  run as runWorker,
  type Task,
} from 'graphile-worker'
import pg from 'pg'
import type { BenchJob, Contender } from './contender.ts'
import { sqlLook } from './sql-look.ts'

/**
 * graphile-worker. Best: the settings under "Quick stats" of worker.graphile.org/docs/performance. Its pool is as large as its
 * documentation recommends: 10, or two more than its jobs.
 */
export const graphileWorker: Contender = {
  name: 'graphile-worker',

  async install(url) {
    await runMigrations({ connectionString: url, logger })
  },

  async openProducer(url) {
    const utils = await makeWorkerUtils({ connectionString: url, logger })
    return {
      add: ({ n, type }) => utils.addJob(nameOf(type), { n }),
      addMany: (jobs) => utils.addJobs(jobs.map(specOf)),
      close: async () => void (await utils.release()),
    }
  },

  async openHands(connectionString, { threads, best, types }, run) {
    const concurrentJobs = best ? 24 : threads
    const pgPool = new pg.Pool({ connectionString, max: best ? 25 : Math.max(10, threads + 2) })
    pgPool.on('error', () => undefined) // an idle connection that ends is replaced
    const task: Task = (payload) => run((payload as { n: number }).n)
    const taskList = Object.fromEntries(Array.from({ length: types }, (_, type) => [nameOf(type), task]))
    const batching = { localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 }
    const preset = { worker: { concurrentJobs, ...(best ? batching : {}) } }
    let runner: Runner | undefined
    return {
      work: async () => {
        runner = await runWorker({
          pgPool,
          taskList,
          logger,
          noHandleSignals: true,
          preset,
          parsedCronItems: [],
        })
      },
      rest: async () => runner?.stop(),
      close: () => pgPool.end(),
    }
  },

  openLook: sqlLook({
    settled: `select not exists (select from graphile_worker._private_jobs where run_at <= now()) as settled`,
    kept: null,
    added: `select count(*)::int as added from graphile_worker._private_jobs where run_at <= now()`,
  }),
}

const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(message)
})

function nameOf(type: number): string {
  return `bench-${type}`
}

function specOf({ n, type, startAt }: BenchJob) {
  return { identifier: nameOf(type), payload: { n }, ...(startAt && { runAt: startAt }) }
}
