import type { Job } from './job.ts'
import type { JobBundle } from './job-bundle.ts'
import type { BundleId, JobId } from './job-id.ts'

export interface JobStoppedEvent {
  readonly jobId: JobId
  readonly jobType: string
  readonly origin: string
  readonly bundleId: BundleId | null
  readonly attempt: number
  readonly outcome: 'succeeded' | 'failed' | 'timedOut' | 'crashed' | 'cancelled'
  /** True: this attempt ended and another follows. False: the job's final stop. */
  readonly willRetry: boolean
  getJob(): Promise<Job | null>
}

export interface JobBundleStoppedEvent {
  readonly bundleId: BundleId
  readonly bundleType: string
  readonly origin: string
  readonly epoch: number
  readonly hasError: boolean
  getJobBundle(): Promise<JobBundle | null>
}

/** Told afterwards, changes nothing. One that throws or is slow delays neither workers nor other listeners. */
export interface ServiceListener {
  onJobStopped?(event: JobStoppedEvent): void | Promise<void>
  onJobBundleStopped?(event: JobBundleStoppedEvent): void | Promise<void>
  /** The connection was away: what happened meanwhile may not have been told to this listener. */
  onResync?(): void | Promise<void>
}

/** Which events to tell; without a type, all of them. Listeners hear what passes while they are connected. */
export interface ListenerOptions {
  jobType?: string | undefined
  bundleType?: string | undefined
}
export type RemoveListener = () => Promise<void>
