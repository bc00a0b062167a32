import { defineJob, fixedDelay, type Job, type Logger } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { createWorker } from '@jq/worker'
import { z } from 'zod'
import type { FaultJob, FaultType, JobLook, Subject } from '../subject.ts'

const payload = z.custom<FaultJob>()
const result = z.unknown()
const JOBS = {
  held: defineJob('held', { payload, result }),
  probe: defineJob('probe', { payload, result }),
}

/** This repository's queue. */
export const ours: Subject = {
  name: 'ours',

  async install(url) {
    await migrate({ connectionString: url })
  },

  async openDesk(url) {
    const queue = createJobQueue({ connectionString: url, origin: 'faults' })
    return {
      add: async (type, job, { retries }) =>
        (await queue.add(JOBS[type], job, { maxRetryCount: retries })).id,
      look: async (id) => lookOf(await queue.getJob(id)),
      close: () => queue.close(),
    }
  },

  async openHands(url, { atOnce, leaseMs }, act, onTrouble) {
    const told = (fields: { err?: unknown }, message = '') => onTrouble(`${message} ${fields.err ?? ''}`)
    const logger: Logger = { debug: () => undefined, info: () => undefined, warn: told, error: told }
    const queue = createJobQueue({ connectionString: url, logger })
    const worker = createWorker(queue, {
      heartbeatInterval: leaseMs / 4,
      deadFor: leaseMs,
      reapInterval: '1s',
      pollInterval: '1s',
      logger,
    })
    const types = Object.entries(atOnce) as [FaultType, number][]
    for (const [type, concurrency] of types)
      worker.register(JOBS[type], (job, { signal }) => act(job, signal), {
        concurrency,
        retryRule: fixedDelay(1),
      })
    await worker.startThreads(types.reduce((sum, [, concurrency]) => sum + concurrency, 0))
  },
}

const STATES: Readonly<Record<Job['state'], JobLook['state']>> = {
  scheduled: 'waiting',
  available: 'waiting',
  retrying: 'waiting',
  running: 'running',
  succeeded: 'succeeded',
  failed: 'failed',
  cancelled: 'failed',
  dead: 'failed',
}

function lookOf(job: Job | null): JobLook {
  if (job === null) return { state: 'gone', by: null, hasError: false }
  const { by } = (job.result ?? {}) as { by?: string }
  return { state: STATES[job.state], by: by ?? null, hasError: job.errorMsg !== null }
}
