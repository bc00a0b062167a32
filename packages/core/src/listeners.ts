import type { JobBundleStoppedEvent, JobStoppedEvent, ListenerOptions, ServiceListener } from './events.ts'
import type { Logger } from './logger.ts'

interface Registered {
  readonly listener: ServiceListener
  readonly options: ListenerOptions
}

/** The listeners of one process, and who of them is told what. One that throws or is slow is nobody else's business. */
export class Listeners {
  readonly #logger: Logger
  #registered: readonly Registered[] = []

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** @returns what removes it again */
  add(listener: ServiceListener, options: ListenerOptions): () => void {
    const registered = { listener, options }
    this.#registered = [...this.#registered, registered]
    return () => {
      this.#registered = this.#registered.filter((other) => other !== registered)
    }
  }

  removeAll(): void {
    this.#registered = []
  }

  get size(): number {
    return this.#registered.length
  }

  /** Which kinds of events somebody here listens for. */
  get wanted(): { readonly jobs: boolean; readonly bundles: boolean } {
    return {
      jobs: this.#registered.some(({ listener }) => listener.onJobStopped !== undefined),
      bundles: this.#registered.some(({ listener }) => listener.onJobBundleStopped !== undefined),
    }
  }

  /** Resolves when all have returned. */
  tellJobStopped(event: JobStoppedEvent): Promise<void> {
    return this.#tell(
      ({ options }) =>
        (options.jobType ?? event.jobType) === event.jobType && options.bundleType === undefined,
      (listener) => listener.onJobStopped?.(event),
    )
  }

  /** Resolves when all have returned. */
  tellBundleStopped(event: JobBundleStoppedEvent): Promise<void> {
    return this.#tell(
      ({ options }) =>
        (options.bundleType ?? event.bundleType) === event.bundleType && options.jobType === undefined,
      (listener) => listener.onJobBundleStopped?.(event),
    )
  }

  tellResync(): Promise<void> {
    return this.#tell(
      () => true,
      (listener) => listener.onResync?.(),
    )
  }

  async #tell(
    isMeant: (registered: Registered) => boolean,
    call: (listener: ServiceListener) => void | Promise<void>,
  ): Promise<void> {
    await Promise.all(
      this.#registered.filter(isMeant).map(({ listener }) => this.#call(() => call(listener))),
    )
  }

  async #call(call: () => void | Promise<void>): Promise<void> {
    try {
      await call()
    } catch (error) {
      this.#logger.error({ error }, 'a listener threw')
    }
  }
}
