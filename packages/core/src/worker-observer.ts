import type { BundleId, JobId } from './job-id.ts'

/** What measures a worker, in its process: metrics, traces, logs. Its functions are called at once, and what they throw is nobody's job. */
export interface WorkerObserver {
  /** Read what was stored as `JobOptions.trace` of each job that is claimed: one statement more a claim. @defaultValue false */
  readonly wantsTraces?: boolean | undefined
  /** Threads run from here on. Told at once to whoever begins to observe meanwhile. */
  onThreadsStarted?(workerId: string, threads: number): void
  onThreadsFinished?(workerId: string): void
  /** A round trip that asked for work is answered, by none or by some jobs. */
  onClaimed?(claim: ObservedClaim): void
  /** A thread begins it. */
  onAttemptStarted?(attempt: ObservedAttempt): void
  /** Stands around the handler: calls `run` once and answers what it answers, so that a context reaches all that the handler does. */
  aroundHandler?<T>(attempt: ObservedAttempt, run: () => Promise<T>): Promise<T>
  /** Its outcome is recorded, or refused since the attempt was lost. */
  onAttemptStopped?(attempt: ObservedAttempt, end: ObservedEnd): void
  /** This process has ended an attempt of another's that fell silent, or hangs beyond its worker's reach. */
  onReaped?(reaped: ReapedAttempt): void
}

/** An attempt without its payload: what is measured goes to places where no payload shall go. */
export interface ObservedAttempt {
  readonly workerId: string
  readonly jobId: JobId
  readonly jobType: string
  readonly attempt: number
  readonly priority: number
  readonly origin: string
  readonly bundleId: BundleId | null
  readonly scheduleName: string | null
  readonly currentRetryCount: number
  /** The job's own; null: its handler's setting counts. */
  readonly maxRetryCount: number | null
  /** From the time it was due until it began; null for all but the first attempt. */
  readonly waitMs: number | null
  /** As it was stored by whoever added the job; null: there is none, or nobody wants it. */
  readonly trace: Readonly<Record<string, string>> | null
}

export interface ObservedEnd {
  readonly outcome: 'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'snoozed' | 'released' | 'attemptLost'
  readonly willRetry: boolean
  /** How long it ran. */
  readonly runMs: number
}

export interface ObservedClaim {
  readonly workerId: string
  readonly tookMs: number
  /** Of what it brought; one entry a job. */
  readonly jobTypes: readonly string[]
}

export interface ReapedAttempt {
  readonly jobId: JobId
  readonly jobType: string
  readonly attempt: number
  /** That held it. */
  readonly workerId: string
  /** Its process fell silent, or it is past its deadline although its worker beats. */
  readonly reason: 'heartbeat' | 'timeout'
}
