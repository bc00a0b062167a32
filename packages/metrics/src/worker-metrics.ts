import type { WorkerObserver } from '@jq/core'
import type { ObservableWorker } from './metrics-options.ts'
import type { OwnRegistry } from './own-registry.ts'

/** From 5 ms to 5 minutes. */
const SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** What one worker of this process does, counted as it is told. */
export class WorkerMetrics {
  readonly close: () => Promise<void>
  #threads = 0
  #busy = 0

  constructor(own: OwnRegistry, worker: ObservableWorker) {
    this.#gauges(own, worker.id)
    const ends = [worker.observe(this.#threadCounts()), worker.observe(ofAttempts(own))]
    ends.push(worker.observe(ofClaims(own)))
    this.close = async () => {
      for (const end of ends) end()
    }
  }

  #gauges(own: OwnRegistry, worker: string): void {
    own.gauge({ name: 'jobqueue_threads', help: 'Threads of this worker.', labels: ['worker'] }, (gauge) =>
      gauge.set({ worker }, this.#threads),
    )
    own.gauge(
      {
        name: 'jobqueue_threads_busy',
        help: 'Attempts that its threads have begun and not recorded yet.',
        labels: ['worker'],
      },
      (gauge) => gauge.set({ worker }, this.#busy),
    )
  }

  #threadCounts(): WorkerObserver {
    return {
      onThreadsStarted: (_, threads) => {
        this.#threads = threads
      },
      onThreadsFinished: () => {
        this.#threads = 0
      },
      onAttemptStarted: () => {
        this.#busy++
      },
      onAttemptStopped: () => {
        this.#busy = Math.max(0, this.#busy - 1) // it may have begun before we looked
      },
    }
  }
}

function ofAttempts(own: OwnRegistry): WorkerObserver {
  const started = own.counter({
    ...{ name: 'jobqueue_jobs_started_total', help: 'Attempts that threads have begun.', labels: ['type'] },
  })
  const stopped = own.counter({
    name: 'jobqueue_jobs_stopped_total',
    help: 'Attempts that ended, crashed ones where this process has ended them for another.',
    labels: ['type', 'outcome', 'will_retry'],
  })
  const ran = own.histogram({
    name: 'jobqueue_job_run_seconds',
    help: 'How long attempts ran.',
    labels: ['type', 'outcome'],
    buckets: SECONDS,
  })
  const waited = own.histogram({
    name: 'jobqueue_job_wait_seconds',
    help: 'From the time a job was due until its first attempt began.',
    labels: ['type'],
    buckets: SECONDS,
  })
  const attempts = own.histogram({
    name: 'jobqueue_job_attempts',
    help: 'Attempts that a job had when it stopped for good.',
    labels: ['type'],
    buckets: [1, 2, 3, 5, 10, 20, 50],
  })
  const lost = own.counter({
    name: 'jobqueue_attempts_lost_total',
    help: 'Attempts whose outcome was refused, since others had taken them for dead.',
    labels: ['type'],
  })
  return {
    onAttemptStarted: ({ jobType: type, waitMs }) => {
      started.inc({ type })
      if (waitMs !== null) waited.observe({ type }, waitMs / 1_000)
    },
    onAttemptStopped: ({ jobType: type, attempt }, { outcome, willRetry, runMs }) => {
      if (outcome === 'attemptLost') return lost.inc({ type })
      ran.observe({ type, outcome }, runMs / 1_000)
      // Released and snoozed ones have not stopped: no listener is told of them either.
      if (outcome === 'released' || outcome === 'snoozed') return
      stopped.inc({ type, outcome, will_retry: String(willRetry) })
      if (!willRetry) attempts.observe({ type }, attempt)
    },
    onReaped: ({ jobType: type, reason }) => {
      // Whether another follows is the database's to say, which does not tell it here.
      stopped.inc({ type, outcome: reason === 'heartbeat' ? 'crashed' : 'timedOut', will_retry: 'unknown' })
    },
  }
}

function ofClaims(own: OwnRegistry): WorkerObserver {
  const took = own.histogram({
    name: 'jobqueue_claim_seconds',
    help: 'Round trips that asked for work.',
    buckets: [0.001, ...SECONDS],
  })
  const size = own.histogram({
    name: 'jobqueue_claim_batch_size',
    help: 'Jobs that a claim brought, where it brought any.',
    buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000],
  })
  const empty = own.counter({ name: 'jobqueue_claim_empty_total', help: 'Claims that brought nothing.' })
  const reaped = own.counter({
    name: 'jobqueue_reaped_total',
    help: 'Attempts of others that this process has ended.',
    labels: ['reason'],
  })
  return {
    onClaimed: ({ tookMs, jobTypes }) => {
      took.observe(tookMs / 1_000)
      if (jobTypes.length === 0) empty.inc()
      else size.observe(jobTypes.length)
    },
    onReaped: ({ reason }) => reaped.inc({ reason }),
  }
}
