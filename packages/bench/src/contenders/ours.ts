import { defineJob, type JobDesc, type WorkerService } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { createWorker } from '@jq/worker'
import { z } from 'zod'
import { askOnce } from '../server.ts'
import type { BenchJob, Contender } from './contender.ts'
import { sqlLook } from './sql-look.ts'

/** This repository's queue. Best: as many threads as the others, and the prefetch of the design. */
export const ours: Contender = oursBut('ours', {})

/** One thing about our queue that is otherwise, to see what it brings. */
export interface Change {
  /** Done to the database after its migrations. */
  readonly sql?: ((url: string) => Promise<unknown>) | undefined
  /** What a process asks its service. */
  readonly service?: ((queue: WorkerService) => WorkerService) | undefined
  /** How many jobs are added by one call. */
  readonly addMany?: ((queue: WorkerService, jobs: readonly JobDesc[]) => Promise<unknown>) | undefined
  readonly prefetch?: number | undefined
}

/** Our queue with a change. */
export function oursBut(
  name: string,
  { sql, service = (queue) => queue, addMany, prefetch = 1000 }: Change,
): Contender {
  return {
    name,

    async install(url) {
      await migrate({ connectionString: url })
      await sql?.(url)
    },

    async openProducer(url) {
      const queue = createJobQueue({ connectionString: url })
      const jobOf = definitions()
      const descs = (jobs: readonly BenchJob[]) =>
        jobs.map(({ n, type, startAt, group }) => jobOf(type).with({ n }, { startAt, groupKey: group }))
      return {
        add: ({ n, type }) => queue.add(jobOf(type), { n }),
        addMany: (jobs) => (addMany ? addMany(queue, descs(jobs)) : queue.addMany(descs(jobs))),
        addBundle: (jobs) => queue.addBundle({ type: 'bench', origin: 'bench', jobs: descs(jobs) }),
        close: () => queue.close(),
      }
    },

    async openHands(url, { threads, best, types, listens, foreign }, run) {
      const queue = service(createJobQueue({ connectionString: url }))
      const worker = createWorker(queue, best ? { prefetch } : {})
      const jobOf = definitions()
      for (let type = 0; type < types; type++)
        worker.register(jobOf(foreign ? type + 1_000 : type), ({ n }) => run(n))
      if (listens) await queue.addListener({ onJobStopped: () => undefined })
      return {
        work: () => worker.startThreads(best ? 24 : threads),
        rest: async () => void (await worker.finishThreads()),
        close: () => queue.close(),
      }
    },

    openLook: sqlLook({
      settled: `select not exists (select from worker.job_running) and not exists (select from worker.job_available) as settled`,
      kept: `select count(*)::int as kept from worker.job_stopped where outcome = 's' and worker_id is not null`,
      added: `select count(*)::int as added from worker.job_available`,
    }),
    fillStopped: (url, jobs, hoursAgo) => askOnce(url, STOPPED_LONG_AGO, [jobs, hoursAgo]),
  }
}

/** Each type is defined once a process, with the schema that every user has. */
function definitions() {
  const define = (type: number) => defineJob(`bench-${type}`, { payload: z.object({ n: z.int() }) })
  const known: ReturnType<typeof define>[] = []
  return (type: number) => {
    known[type] ??= define(type)
    return known[type]
  }
}

const STOPPED_LONG_AGO = `
  with old as (
    insert into worker.job (id, type, payload, origin, created_at)
    select gen_random_uuid(), 'bench-0', '{"n": -1}', 'bench', now() - $2::float8 * interval '1 hour' from generate_series(1, $1::int)
    returning seq
  )
  insert into worker.job_stopped (seq, outcome, attempt, retries, timeout_retries, crashes, started_at, stopped_at)
  select seq, 's', 1, 0, 0, 0, now() - $2 * interval '1 hour', now() - $2 * interval '1 hour' from old order by seq`
