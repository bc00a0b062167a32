import { InvalidInputError, type JobBundleStoppedEvent, type JobQueue, type RemoveListener } from '@jq/core'
import type { Counter, Histogram } from 'prom-client'
import type { OwnRegistry } from './own-registry.ts'

/** Of all processes that listen by this name one is told. */
const NAME = 'jobqueue.metrics'

/** Counts bundles as they stop, each once over all processes, as far as named listeners go: again after a crash. */
export class BundleMetrics {
  readonly #jobqueue: JobQueue
  readonly #stopped: Counter
  readonly #took: Histogram
  #listening: Promise<RemoveListener | undefined> | undefined

  constructor(own: OwnRegistry, jobqueue: JobQueue) {
    this.#jobqueue = jobqueue
    const labels = ['type', 'has_error']
    this.#stopped = own.counter(
      {
        name: 'jobqueue_bundles_stopped_total',
        help: 'Bundles that stopped, with and without members that did not succeed.',
        labels,
      },
      async () => void (await this.#listen()),
    )
    this.#took = own.histogram({
      name: 'jobqueue_bundle_duration_seconds',
      help: 'From the time a bundle was added until it stopped.',
      labels,
      buckets: [1, 5, 10, 30, 60, 300, 900, 3_600, 14_400, 86_400],
    })
    this.#listen().catch(() => undefined) // who asks for the figures is told
  }

  async close(): Promise<void> {
    const remove = await this.#listening?.catch(() => undefined)
    await remove?.()
  }

  /** Where the database is away it is tried again when somebody asks; what will never do is thrown. */
  #listen(): Promise<RemoveListener | undefined> {
    const listener = { onJobBundleStopped: (event: JobBundleStoppedEvent) => this.#count(event) }
    this.#listening ??= this.#jobqueue.addListener(listener, { name: NAME }).catch((error) => {
      this.#listening = undefined
      if (error instanceof InvalidInputError) throw error
      return undefined
    })
    return this.#listening
  }

  async #count({ bundleId, bundleType, hasError }: JobBundleStoppedEvent): Promise<void> {
    const labels = { type: bundleType, has_error: String(hasError) }
    const state = await this.#jobqueue.getBundleState(bundleId).catch(() => null) // it may be gone by now
    this.#stopped.inc(labels)
    if (state?.bundle.stoppedAt == null) return
    this.#took.observe(labels, (state.bundle.stoppedAt.getTime() - state.bundle.createdAt.getTime()) / 1_000)
  }
}
