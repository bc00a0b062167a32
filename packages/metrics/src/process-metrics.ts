import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { WorkService } from '@jq/core'
import type { ObservableWorker } from './metrics-options.ts'
import type { OwnRegistry } from './own-registry.ts'
import { version } from './version.ts'

/** How this process fares: its way to the database, its connections, its event loop. */
export class ProcessMetrics {
  readonly #delay = monitorEventLoopDelay({ resolution: 10 })

  constructor(own: OwnRegistry, work: WorkService, worker: ObservableWorker | undefined) {
    listenMetrics(own, work)
    poolMetrics(own, work)
    own.gauge(
      {
        name: 'jobqueue_build_info',
        help: '1, with the versions of what runs here.',
        labels: ['version', 'schema_version', 'node_version'],
      },
      (gauge) => {
        const { schemaVersion } = work.vitals()
        const schema_version = schemaVersion === null ? 'unknown' : String(schemaVersion)
        gauge.set({ version, schema_version, node_version: process.version }, 1)
      },
    )
    if (worker !== undefined) this.#loopMetric(own, worker.id)
  }

  async close(): Promise<void> {
    this.#delay.disable()
  }

  #loopMetric(own: OwnRegistry, worker: string): void {
    this.#delay.enable()
    own.gauge(
      {
        name: 'jobqueue_event_loop_lag_seconds',
        help: 'The 99th percentile of how late timers were since this was asked last.',
        labels: ['worker'],
      },
      (gauge) => {
        const nanoseconds = this.#delay.percentile(99)
        this.#delay.reset()
        gauge.set({ worker }, nanoseconds / 1e9)
      },
    )
  }
}

const CONNECTED = { ok: 1, degraded: 0, off: Number.NaN }

function listenMetrics(own: OwnRegistry, work: WorkService): void {
  own.gauge(
    {
      name: 'jobqueue_listen_connected',
      help: '1 while notifications are heard, 0 while they are not; no number where nobody listens.',
    },
    (gauge) => gauge.set(CONNECTED[work.vitals().listen]),
  )
  own.countedElsewhere(
    { name: 'jobqueue_listen_reconnects_total', help: 'How often LISTEN came back after it was lost.' },
    (counter) => counter.inc(work.vitals().listenReconnects),
  )
  canaryMetric(own, work)
}

/** Each canary is shown once, and those that nobody has asked for in time, never. */
function canaryMetric(own: OwnRegistry, work: WorkService): void {
  let shown = 0
  own.histogram(
    {
      name: 'jobqueue_notify_latency_seconds',
      help: 'From the moment a notification to this process itself was handed to the database until it was heard.',
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
    },
    (histogram) => {
      const { heard, lastMs } = work.vitals().canaries ?? NONE_HEARD
      for (const ms of lastMs.slice(Math.max(0, lastMs.length - (heard - shown))))
        histogram.observe(ms / 1_000)
      shown = heard
    },
  )
}

const NONE_HEARD = { heard: 0, lastMs: [] }

function poolMetrics(own: OwnRegistry, work: WorkService): void {
  const kinds = {
    total: 'Connections of the pool.',
    idle: 'Connections of the pool that wait for work.',
    waiting: 'Callers that wait for a connection of the pool.',
  }
  for (const [kind, help] of Object.entries(kinds))
    own.gauge({ name: `jobqueue_db_pool_${kind}`, help, labels: ['pool'] }, (gauge) => {
      const { pool } = work.vitals()
      if (pool !== null) gauge.set({ pool: 'queue' }, pool[kind as keyof typeof pool])
    })
  own.countedElsewhere(
    {
      name: 'jobqueue_db_errors_total',
      help: 'Statements of the queue that failed, by the class of their SQLSTATE; those of the driver are of class none.',
      labels: ['class'],
    },
    (counter) => {
      for (const [kind, count] of Object.entries(work.vitals().errors)) counter.inc({ class: kind }, count)
    },
  )
}
