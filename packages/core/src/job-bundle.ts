import type { Job } from './job.ts'
import type { JobDesc, JobDescs } from './job-definition.ts'
import type { BundleId } from './job-id.ts'

/** Jobs added together, whose end is one event. */
export interface JobBundle {
  readonly id: BundleId
  readonly type: string
  readonly origin: string
  readonly numJobs: number
  readonly numJobsStopped: number
  /** Members that stopped without success: failed, cancelled or dead. */
  readonly numJobsFailed: number
  /** Counts how often the bundle has stopped: a reset member reopens it, its next stop is the next epoch. */
  readonly epoch: number
  readonly createdAt: Date
  readonly updatedAt: Date
  readonly stoppedAt: Date | null
  readonly jobs: readonly Job[]
}

export interface BundleSpec {
  id?: BundleId | undefined
  /** 1 to 100 characters, as for jobs; likewise `origin`. */
  type: string
  origin: string
  /** At least one, unless the bundle is `open`. Read once, as a stream: a million need no array. */
  jobs: JobDescs
  /** None of its jobs starts before. */
  startAt?: Date | undefined
  /**
   * Jobs added in the very transaction that stops the bundle, however its members ended, exactly once per epoch; retried
   * like any job, members of no bundle, `afterBundleId` names this one. Templates: their ids derive from bundle, epoch and
   * place; `id`, `startAt` and `uniqueKey` in them are refused.
   */
  whenStopped?: readonly JobDesc[] | undefined
  /** Members may be added until `sealBundle`; it cannot stop before. */
  open?: boolean | undefined
  /**
   * Delete the bundle and its jobs once it stopped without an error, every named listener has had it and its `whenStopped` jobs
   * have stopped; a minute after its stop at the earliest, by a process that works. @defaultValue false
   */
  deleteOnSuccess?: boolean | undefined
}

/** The state of a bundle that can be asked again, and waited for. */
export interface BundleState {
  readonly bundle: Omit<JobBundle, 'jobs'>
  refresh(): Promise<this>
  /** Resolves when the present epoch has stopped, at once if it has. */
  waitUntilStopped(options?: { signal?: AbortSignal | undefined }): Promise<Omit<JobBundle, 'jobs'>>
}
