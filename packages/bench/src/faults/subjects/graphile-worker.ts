import { Logger, makeWorkerUtils, runMigrations, run as runWorker, type Task } from 'graphile-worker'
import type { FaultJob, JobLook, Subject } from '../subject.ts'

/**
 * graphile-worker. The locks of a process that is gone last four hours, which cannot be changed; who knows that it is gone for good
 * unlocks its jobs by `forceUnlockWorkers`. (Worker Pro, which is not free, has heartbeats.)
 */
export const graphileWorker: Subject = {
  name: 'graphile-worker',

  async install(url) {
    await runMigrations({ connectionString: url, logger: silent })
  },

  async openDesk(url) {
    const utils = await makeWorkerUtils({ connectionString: url, logger: silent })
    const rowOf = (id: string) =>
      utils.withPgClient(async (client) => (await client.query<Row>(LOOK, [id])).rows[0])
    return {
      add: async (type, job, { retries }) => (await utils.addJob(type, job, { maxAttempts: retries + 1 })).id,
      look: async (id) => lookOf(await rowOf(id)),
      takeAway: async (id) => {
        const holder = (await rowOf(id))?.locked_by
        if (holder) await utils.forceUnlockWorkers([holder])
      },
      close: async () => void (await utils.release()),
    }
  },

  async openHands(url, { atOnce }, act, onTrouble) {
    const task: Task = (payload, { abortSignal }) => act(payload as FaultJob, abortSignal) as Promise<void>
    const runner = await runWorker({
      connectionString: url,
      taskList: Object.fromEntries(Object.keys(atOnce).map((type) => [type, task])),
      logger: new Logger(() => (level, message) => {
        if (level === 'error') onTrouble(message)
      }),
      noHandleSignals: true,
      parsedCronItems: [],
      preset: {
        worker: {
          concurrentJobs: Object.values(atOnce).reduce((sum, count) => sum + count, 0),
          minResetLockedInterval: 1_000,
          maxResetLockedInterval: 1_000,
        },
      },
    })
    // As in its documentation: where it gives up, the process ends, for its platform to start another one.
    runner.promise.then(
      () => process.exit(0),
      () => process.exit(1),
    )
  },
}

const silent = new Logger(() => () => undefined)

/** The view is the documented way to look at jobs. */
const LOOK = `select attempts, max_attempts, last_error, locked_by from graphile_worker.jobs where id = $1`

interface Row {
  readonly attempts: number
  readonly max_attempts: number
  readonly last_error: string | null
  readonly locked_by: string | null
}

function lookOf(row: Row | undefined): JobLook {
  if (row === undefined) return { state: 'gone', by: null, hasError: false }
  const isOver = row.attempts >= row.max_attempts
  const state = row.locked_by !== null ? 'running' : isOver ? 'failed' : 'waiting'
  return { state, by: null, hasError: row.last_error !== null }
}
