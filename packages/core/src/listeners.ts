import type { ListenerOptions, ServiceEvent, ServiceListener } from './events.ts'
import { loggedError } from './logged-error.ts'
import { type Logger, safeLogger } from './logger.ts'
import { type Registered, tellListener, type WantedKinds, wantedKinds } from './tell-listener.ts'

interface Kept extends Registered {
  /** The service's own: it stays when its user removes all. */
  readonly own: boolean
}

/** The unnamed listeners of one process. One that throws or is slow is nobody else's business. */
export class Listeners {
  readonly #logger: Logger
  #registered: readonly Kept[] = []

  constructor(logger: Logger) {
    this.#logger = safeLogger(logger)
  }

  /** @returns what removes it again */
  add(listener: ServiceListener, options: ListenerOptions): () => void {
    return this.#keep({ listener, options, own: false })
  }

  /** The same for one that the service needs itself: `removeAll` leaves it. */
  addOwn(listener: ServiceListener): () => void {
    return this.#keep({ listener, options: {}, own: true })
  }

  removeAll(): void {
    this.#registered = this.#registered.filter(({ own }) => own)
  }

  get size(): number {
    return this.#registered.length
  }

  get wanted(): WantedKinds {
    return wantedKinds(this.#registered.map(({ listener }) => listener))
  }

  /** Resolves when all have returned. */
  async tell(told: ServiceEvent): Promise<void> {
    await Promise.all(this.#registered.map((one) => this.#safely(() => tellListener(one, told))))
  }

  async tellResync(): Promise<void> {
    await Promise.all(this.#registered.map(({ listener }) => this.#safely(async () => listener.onResync?.())))
  }

  #keep(registered: Kept): () => void {
    this.#registered = [...this.#registered, registered]
    return () => {
      this.#registered = this.#registered.filter((other) => other !== registered)
    }
  }

  async #safely(call: () => Promise<void>): Promise<void> {
    try {
      await call()
    } catch (error) {
      this.#logger.error({ event: 'listener.failed', err: loggedError(error) }, 'a listener threw')
    }
  }
}
