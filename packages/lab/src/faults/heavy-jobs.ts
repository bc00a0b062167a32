import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { deeds } from '../history/history-event.ts'
import { isolatedJob, labJob } from '../jobs/lab-job.ts'
import type { Evidence, Fault, Struck } from '../nemesis/fault.ts'
import type { Stage } from '../run/stage.ts'

export const blockedLoop: Fault = {
  name: 'blocked-loop',
  what: 'a handler keeps the event loop of its process for itself, for longer than the lease',
  landsWhen: 'it did',
  everyMs: 3_000,
  async strike(stage, random) {
    const ms = random.integer(2_000, 3_500)
    const id = randomUUID()
    await order(stage, id, 'block', labJob.with({ label: id, does: 'block', ms }, { id, priority: 1_000 }))
    return { done: { jobId: id } }
  },
  landed: ({ done }, { history }) =>
    deeds(history, 'blocked').some(({ jobId, ms }) => jobId === done.jobId && ms > 1_500),
}

export const outOfMemory: Fault = {
  name: 'out-of-memory',
  what: 'an isolated handler eats all memory of its thread',
  landsWhen: 'its attempt was recorded as failed, and its next one succeeded',
  everyMs: 4_000,
  strike: (stage) => eating(stage, 'eat', isolatedJob),
  landed: ({ done }, evidence) => isDoneAfter('f', done.jobId, evidence),
}

export const starvedProcess: Fault = {
  name: 'starved-process',
  what: 'a handler eats all memory of its process, which dies of it',
  landsWhen: 'its attempt was ended by another process as crashed, and its next one succeeded',
  everyMs: 4_000,
  strike: (stage) => eating(stage, 'starve', labJob),
  landed: ({ done }, evidence) =>
    deeds(evidence.history, 'starves').some(({ jobId }) => jobId === done.jobId) &&
    isDoneAfter('k', done.jobId, evidence),
}

/** Orders a job that eats memory, and leaves it a second. */
async function eating(
  stage: Stage,
  does: 'eat' | 'starve',
  job: typeof labJob | typeof isolatedJob,
): Promise<Struck> {
  const id = randomUUID()
  await order(stage, id, does, job.with({ label: id, does }, { id, priority: 1_000 }))
  await wait(1_000)
  return { done: { jobId: id } }
}

/** Whether an attempt of the job was recorded with this outcome, and a later one succeeded. */
function isDoneAfter(outcome: 'f' | 'k', jobId: unknown, { state }: Evidence): boolean {
  const job = state.jobs.find(({ id }) => id === jobId)
  return (
    job?.state === 'succeeded' &&
    state.journal.some((row) => row.what === 'kept' && row.outcome === outcome && row.seq === job.seq)
  )
}

/** The nemesis is a producer too: what it adds must end as it was ordered. */
async function order(
  stage: Stage,
  id: string,
  does: string,
  job: ReturnType<typeof labJob.with>,
): Promise<void> {
  const jobs = [{ id, label: id, does }]
  stage.write({ did: 'tried', call: 'fault', jobs })
  try {
    await stage.queue.addMany([job])
    stage.write({ did: 'acked', call: 'fault', jobs })
  } catch (error) {
    stage.write({ did: 'unknown', call: 'fault', jobs })
    throw error
  }
}
