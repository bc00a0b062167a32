import { type Duration, InvalidInputError, type WorkerObserver, type WorkerService } from '@jq/core'
import { durationMs, refuseUnknown, shown } from '@jq/core/internal'
import type { Registry } from 'prom-client'

/** Of a worker, what is needed to measure it. */
export interface ObservableWorker {
  readonly id: string
  observe(observer: WorkerObserver): () => void
}

/** What {@link createMetrics} accepts. */
export interface MetricsOptions {
  /** As `createJobQueue` returned it. */
  jobqueue: WorkerService
  /** The worker of this process; without one, only what the database and the connections tell is measured. */
  worker?: ObservableWorker | undefined
  /** Where to register them. @defaultValue one of its own */
  registry?: Registry | undefined
  /** How long a sample of the database is shown again, at least 1 s: less often than that nobody asks for another. @defaultValue '10s' */
  sampleEvery?: Duration | undefined
  /** Origins that are shown as such; all others are 'other', since each value is a series of its own. @defaultValue [] */
  origins?: readonly string[] | undefined
  /**
   * Count stopped bundles too. It listens by the name `jobqueue.metrics`, in one of the processes that do, so that each bundle is counted
   * once; end the name with `forgetListener('jobqueue.metrics')` when no process does any more. @defaultValue false
   */
  bundles?: boolean | undefined
}

export interface Metrics {
  /** What Prometheus asks for, as text. */
  text(): Promise<string>
  /** Of that text. */
  readonly contentType: string
  /** The same queue, whose adds are counted: for all that add. */
  readonly jobqueue: WorkerService
  /** Nothing is measured any more, and the registry has none of it. */
  close(): Promise<void>
}

export interface MetricsSettings {
  readonly jobqueue: WorkerService
  readonly worker: ObservableWorker | undefined
  readonly registry: Registry | undefined
  readonly sampleEveryMs: number
  readonly origins: ReadonlySet<string>
  readonly bundles: boolean
}

const KEYS = [
  'jobqueue',
  'worker',
  'registry',
  'sampleEvery',
  'origins',
  'bundles',
] as const satisfies (keyof MetricsOptions)[]

/** @throws InvalidInputError */
export function metricsSettings(options: MetricsOptions): MetricsSettings {
  refuseUnknown(options, KEYS, 'options')
  const { registry, sampleEvery = '10s', origins = [], bundles = false } = options
  return {
    jobqueue: checkedQueue(options.jobqueue),
    worker: checkedWorker(options.worker),
    registry: checkedRegistry(registry),
    sampleEveryMs: checkedEvery(sampleEvery),
    origins: checkedOrigins(origins),
    bundles: checkedBundles(bundles),
  }
}

function checkedQueue(jobqueue: WorkerService): WorkerService {
  if (typeof jobqueue?.work?.sample === 'function') return jobqueue
  throw new InvalidInputError(
    'invalid_queue',
    'options.jobqueue',
    `${shown(jobqueue)} cannot be measured. Give what createJobQueue(…) returned; the facade jobqueue is none.`,
  )
}

function checkedWorker(worker: ObservableWorker | undefined): ObservableWorker | undefined {
  if (worker === undefined || typeof worker?.observe === 'function') return worker
  throw new InvalidInputError(
    'invalid_worker',
    'options.worker',
    `${shown(worker)} is no worker. Give what createWorker(…) returned.`,
  )
}

function checkedRegistry(registry: Registry | undefined): Registry | undefined {
  if (registry === undefined || typeof registry?.registerMetric === 'function') return registry
  throw new InvalidInputError(
    'invalid_registry',
    'options.registry',
    `${shown(registry)} is no registry of prom-client. Give new Registry(), or the register of prom-client.`,
  )
}

function checkedEvery(sampleEvery: Duration): number {
  const ms = durationMs(sampleEvery, 'options.sampleEvery')
  if (ms >= 1_000) return ms
  throw new InvalidInputError(
    'invalid_duration',
    'options.sampleEvery',
    'is below one second. To measure the database costs it something: give 1s or longer.',
  )
}

function checkedOrigins(origins: readonly string[]): ReadonlySet<string> {
  const listed = Array.isArray(origins) && origins.every((origin) => typeof origin === 'string')
  if (listed && origins.length <= 100) return new Set(origins)
  throw new InvalidInputError(
    'invalid_origins',
    'options.origins',
    'is no list of up to 100 texts. Each origin is a series of its own: name those that you look at.',
  )
}

function checkedBundles(bundles: boolean): boolean {
  if (typeof bundles === 'boolean') return bundles
  throw new InvalidInputError(
    'invalid_option',
    'options.bundles',
    `${shown(bundles)} will not do. Give true or false.`,
  )
}
