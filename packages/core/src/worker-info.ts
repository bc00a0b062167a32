/** One worker process, from its start to its end: a restart is another one. */
export interface WorkerInfo {
  readonly id: string
  readonly host: string
  readonly pid: number
  /** Of the package that runs it. */
  readonly version: string
  readonly jobTypes: readonly string[]
  readonly threads: number
  /** Attempts that it holds now, those that it has claimed ahead of its threads as well. */
  readonly running: number
  readonly startedAt: Date
  /** Its last heartbeat; null for one that never beats. */
  readonly workerAliveAt: Date | null
  /** Null until it has said goodbye or was taken for dead. */
  readonly stoppedAt: Date | null
  /**
   * Attempts that it settled since its start, by outcome, as it last told: with each look for work, and at its end. What a killed
   * process settled after its last look is not in it.
   */
  readonly stats: AttemptCounts
}

/** How many attempts ended so. */
export type AttemptCounts = Readonly<
  Record<'succeeded' | 'failed' | 'timedOut' | 'cancelled' | 'released', number>
>
