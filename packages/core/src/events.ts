import type { Job, JobState } from './job.ts'
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

export interface JobStatusChangeEvent {
  readonly jobId: JobId
  readonly jobType: string
  /** The schedule that added it; null: none did. */
  readonly scheduleName: string | null
  readonly scheduleKey: string | null
  /** Null: the job is new. */
  readonly previous: JobState | null
  readonly current: JobState
}

/** Told afterwards, changes nothing. One that throws or is slow delays neither workers nor other listeners. */
export interface ServiceListener {
  onJobStopped?(event: JobStoppedEvent): void | Promise<void>
  onJobBundleStopped?(event: JobBundleStoppedEvent): void | Promise<void>
  onJobStatusChange?(event: JobStatusChangeEvent): void | Promise<void>
  /** The connection was away: what happened meanwhile was told to named listeners, not to this one. */
  onResync?(): void | Promise<void>
}

export interface ListenerOptions {
  /**
   * 1 to 100 characters. Named: every event at least once, in one process of that name, over restarts and lost connections,
   * beginning with the name's first registration. No order is promised across transactions: `epoch` and `attempt` tell it. An
   * event is done when the listener returned; one that throws is told again after 1 s, 2 s, … 5 min, while others go on.
   * `RemoveListener` detaches this process only; `forgetListener` ends the name; a name unseen for 7 days is forgotten, with a
   * warning in `health()`. Unnamed: to every process, while connected.
   */
  name?: string | undefined
  /** Only events of jobs of this type; those of bundles are not narrowed by it. */
  jobType?: string | undefined
  /** Only events of bundles of this type; those of jobs are not narrowed by it. */
  bundleType?: string | undefined
}

/** One event, of whichever kind. */
export type ServiceEvent =
  | { readonly kind: 'job'; readonly event: JobStoppedEvent }
  | { readonly kind: 'bundle'; readonly event: JobBundleStoppedEvent }
  | { readonly kind: 'change'; readonly event: JobStatusChangeEvent }
export type RemoveListener = () => Promise<void>
