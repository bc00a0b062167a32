import type { ObservedAttempt, ObservedEnd, ReapedAttempt, WorkerObserver } from '@jq/core'
import type { AttemptKey, ClaimedJob, Outcome, StepAnswer, StepRequest } from '@jq/core/internal'

/** An attempt in hand that observers were told of. */
interface Seen {
  readonly attempt: ObservedAttempt
  readonly key: AttemptKey
  readonly startedAt: number
  /** Once its outcome is known; it may not be recorded yet. */
  end?: ObservedEnd
}

/** Who measures this worker. While nobody does, nothing is noted, and an attempt costs a look at an empty list. */
export class Observers {
  readonly #workerId: string
  #list: readonly WorkerObserver[] = []
  readonly #seen = new Map<string, Seen>()
  /** Of jobs that wait for a thread. */
  readonly #traces = new WeakMap<ClaimedJob, ObservedAttempt['trace']>()
  #threads = 0

  constructor(workerId: string) {
    this.#workerId = workerId
  }

  /** @returns what ends it */
  add(observer: WorkerObserver): () => void {
    this.#list = [...this.#list, observer]
    if (this.#threads > 0) quietly(() => observer.onThreadsStarted?.(this.#workerId, this.#threads))
    return () => {
      this.#list = this.#list.filter((other) => other !== observer)
    }
  }

  get any(): boolean {
    return this.#list.length > 0
  }

  get wantTraces(): boolean {
    return this.#list.some(({ wantsTraces }) => wantsTraces === true)
  }

  /** In which context a job that was just claimed had been added. */
  traced(claimed: ClaimedJob, trace: ObservedAttempt['trace'] | undefined): void {
    if (trace !== undefined) this.#traces.set(claimed, trace)
  }

  threadsStarted(threads: number): void {
    this.#threads = threads
    this.#tell((observer) => observer.onThreadsStarted?.(this.#workerId, threads))
  }

  threadsFinished(): void {
    this.#threads = 0
    this.#tell((observer) => observer.onThreadsFinished?.(this.#workerId))
  }

  /** Its thread begins it. Runs it among those who stand around handlers. */
  around<T>(claimed: ClaimedJob, startedAt: Date | null, run: () => Promise<T>): Promise<T> {
    if (!this.any) return run()
    const attempt = {
      ...observed(claimed, this.#workerId, startedAt),
      trace: this.#traces.get(claimed) ?? null,
    }
    const key = { seq: claimed.seq, attempt: claimed.attempt }
    this.#seen.set(claimed.seq, { attempt, key, startedAt: performance.now() })
    this.#tell((observer) => observer.onAttemptStarted?.(attempt))
    return this.#list.reduceRight<() => Promise<T>>(
      (inner, observer) =>
        observer.aroundHandler === undefined
          ? inner
          : () => observer.aroundHandler?.(attempt, inner) as Promise<T>,
      run,
    )()
  }

  /** Its outcome is known. Null: nothing of it is to be recorded, since it is lost, or has recorded its success itself. */
  ended(claimed: ClaimedJob, outcome: Outcome | null, settled: boolean): void {
    const seen = this.#find(claimed)
    if (seen === undefined) return
    const runMs = performance.now() - seen.startedAt
    seen.end = { ...endOf(claimed, outcome), runMs }
    if (outcome !== null) return
    this.#stopped(seen, settled ? { outcome: 'succeeded', willRetry: false, runMs } : seen.end)
  }

  /** A round trip is answered. */
  stepped({ outcomes, claim }: StepRequest, { claimed, lost, busy }: StepAnswer, tookMs: number): void {
    const lostSeqs = new Set(lost.map(({ seq }) => seq))
    const busySeqs = new Set(busy.map(({ seq }) => seq))
    for (const outcome of outcomes) {
      const seen = this.#find(outcome)
      if (seen?.end === undefined || busySeqs.has(outcome.seq)) continue
      const { runMs } = seen.end
      this.#stopped(
        seen,
        lostSeqs.has(outcome.seq) ? { outcome: 'attemptLost', willRetry: false, runMs } : seen.end,
      )
    }
    if (claim === null) return
    const jobTypes = claimed.map(({ type }) => type)
    this.#tell((observer) => observer.onClaimed?.({ workerId: this.#workerId, tookMs, jobTypes }))
  }

  reaped(attempts: readonly ReapedAttempt[]): void {
    for (const reaped of attempts) this.#tell((observer) => observer.onReaped?.(reaped))
  }

  #find({ seq, attempt }: AttemptKey): Seen | undefined {
    const seen = this.#seen.get(seq)
    return seen?.key.attempt === attempt ? seen : undefined
  }

  #stopped(seen: Seen, end: ObservedEnd): void {
    this.#seen.delete(seen.key.seq)
    this.#tell((observer) => observer.onAttemptStopped?.(seen.attempt, end))
  }

  #tell(tell: (observer: WorkerObserver) => void): void {
    for (const observer of this.#list) quietly(() => tell(observer))
  }
}

function quietly(tell: () => void): void {
  try {
    tell()
  } catch {} // who measures changes nothing
}

function observed(
  { job }: ClaimedJob,
  workerId: string,
  startedAt: Date | null,
): Omit<ObservedAttempt, 'trace'> {
  const due = Math.max(job.createdAt.getTime(), job.startAt?.getTime() ?? 0)
  return {
    workerId,
    jobId: job.id,
    jobType: job.type,
    attempt: job.attempt,
    priority: job.priority,
    origin: job.origin,
    bundleId: job.bundleId,
    scheduleName: job.scheduleName,
    currentRetryCount: job.currentRetryCount,
    maxRetryCount: job.maxRetryCount,
    waitMs: job.attempt === 1 && startedAt !== null ? Math.max(0, startedAt.getTime() - due) : null,
  }
}

function endOf(claimed: ClaimedJob, outcome: Outcome | null): Omit<ObservedEnd, 'runMs'> {
  if (outcome === null) return { outcome: 'attemptLost', willRetry: false }
  switch (outcome.kind) {
    case 'succeeded':
    case 'cancelled':
      return { outcome: outcome.kind, willRetry: false }
    case 'terminal':
      return { outcome: 'failed', willRetry: false }
    case 'failed':
      return { outcome: 'failed', willRetry: claimed.retriesError }
    case 'timedOut':
      return { outcome: 'timedOut', willRetry: claimed.retriesTimeout }
    default:
      return { outcome: outcome.kind, willRetry: true }
  }
}
