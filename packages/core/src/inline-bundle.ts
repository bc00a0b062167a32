import type { Job } from './job.ts'
import type { JobBundle } from './job-bundle.ts'
import type { PreparedBundle } from './prepare-bundle.ts'

/** A bundle whose members ran at once: it lives in memory alone, and each of its members has succeeded. */
export class InlineBundle {
  readonly prepared: PreparedBundle
  readonly #jobs: Job[] = []
  readonly #createdAt: Date

  constructor(prepared: PreparedBundle, createdAt: Date) {
    this.prepared = prepared
    this.#createdAt = createdAt
  }

  add(job: Job): void {
    this.#jobs.push(job)
  }

  stopped(at: Date): JobBundle {
    const { id, type, origin } = this.prepared
    const jobs = [...this.#jobs]
    const counts = { numJobs: jobs.length, numJobsStopped: jobs.length, numJobsFailed: 0, epoch: 1 }
    return { id, type, origin, ...counts, createdAt: this.#createdAt, updatedAt: at, stoppedAt: at, jobs }
  }
}
