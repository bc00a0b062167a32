import type { RemoveListener, ServiceListener } from './events.ts'
import type { Watch, Watched } from './follow-job.ts'

/** Waits for so long, or until the signal aborts; never fails. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

const LONGEST_MS = 2_000

/**
 * Lets many waiters share one listener: each waits for the stop of its job or bundle, and looks by itself now and then, since
 * events are a convenience and the state is the truth.
 */
export class StopWatch implements Watch {
  readonly #listen: (listener: ServiceListener) => Promise<RemoveListener>
  readonly #wait: Wait
  readonly #waiters = new Map<string, Set<() => void>>()
  #listening: Promise<RemoveListener> | undefined

  /** @param wait - given, since there are no timers in this room */
  constructor(listen: (listener: ServiceListener) => Promise<RemoveListener>, wait: Wait) {
    this.#listen = listen
    this.#wait = wait
  }

  watch(id: string, signal: AbortSignal | undefined): Watched {
    let heard = new AbortController()
    const hear = () => heard.abort()
    const hearers = this.#waiters.get(id) ?? new Set()
    this.#waiters.set(id, hearers.add(hear))
    signal?.addEventListener('abort', hear)
    if (signal?.aborted) hear()
    let tries = 0
    return {
      changed: async () => {
        this.#listening ??= this.#startListening()
        await this.#wait(Math.min(LONGEST_MS, 25 * 2 ** ++tries), heard.signal)
        if (heard.signal.aborted && !signal?.aborted) heard = new AbortController()
      },
      leave: () => {
        signal?.removeEventListener('abort', hear)
        hearers.delete(hear)
        if (hearers.size === 0) this.#waiters.delete(id)
        if (this.#waiters.size === 0) this.#stopListening()
      },
    }
  }

  /** Once the listener stands, all look: what stops later is heard, what stopped before is seen. */
  #startListening(): Promise<RemoveListener> {
    const listening = this.#listen({
      onJobStopped: ({ jobId, willRetry }) => {
        if (!willRetry) this.#ring(jobId)
      },
      onJobBundleStopped: ({ bundleId }) => this.#ring(bundleId),
      onResync: () => this.#ringAll(),
    })
    listening.then(
      () => this.#ringAll(),
      () => {
        if (this.#listening === listening) this.#listening = undefined // the next look tries again
      },
    )
    return listening
  }

  /** Nobody waits for it; where it fails, the listener hears what nobody is told. */
  #stopListening(): void {
    const listening = this.#listening
    this.#listening = undefined
    listening?.then((remove) => remove()).catch(() => undefined)
  }

  #ringAll(): void {
    for (const id of this.#waiters.keys()) this.#ring(id)
  }

  #ring(id: string): void {
    for (const hear of this.#waiters.get(id) ?? []) hear()
  }
}
