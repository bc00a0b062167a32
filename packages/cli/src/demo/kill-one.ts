import type { BundleId, Job, JobQueue } from '@jq/core'
import type { WorkerProcess } from './worker-process.ts'

/** What a killed process took with it. */
export interface Casualty {
  readonly pid: number
  readonly workerId: string
  /** The jobs that it was working on. */
  readonly jobs: readonly Job[]
}

/**
 * Kills a process while the database says that it is working on at least one job of the bundle.
 *
 * @throws Error if it is not
 */
export async function killOne(queue: JobQueue, bundleId: BundleId, victim: WorkerProcess): Promise<Casualty> {
  const workerId = await victim.workerId
  const before = await heldBy(queue, bundleId, workerId)
  if (before.length === 0)
    throw new Error(`Process ${victim.pid} was to be killed in the middle of its work, and has none.`)
  await victim.kill()
  const after = await heldBy(queue, bundleId, workerId)
  // Some may have ended between the look and the kill. None left: the dead was reaped while we were slow to look again.
  return { pid: victim.pid, workerId, jobs: after.length > 0 ? after : before }
}

/**
 * Makes sure that the kill was what it claims to be: an attempt at one of the jobs, by the process that was killed, has
 * crashed.
 */
export async function assertCrashed(queue: JobQueue, { pid, workerId, jobs }: Casualty): Promise<void> {
  for (const { id } of jobs) {
    const attempts = await queue.getAttempts(id)
    if (attempts.some((attempt) => attempt.outcome === 'crashed' && attempt.workerId === workerId)) return
  }
  throw new Error(`Process ${pid} was killed at work, but none of its attempts is known to have crashed.`)
}

async function heldBy(queue: JobQueue, bundleId: BundleId, workerId: string): Promise<readonly Job[]> {
  const { jobs } = await queue.getJobs({ bundleId, state: 'running' })
  return jobs.filter((job) => job.workerId === workerId)
}
