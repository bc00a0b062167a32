import type { RemoveListener, ServiceListener } from './events.ts'

/** Waits for so long, or until the signal aborts; never fails. */
export type Wait = (ms: number, signal: AbortSignal) => Promise<void>

const LONGEST_MS = 2_000

/**
 * Lets many waiters share one listener: each waits for the stop of its job or bundle, and looks by itself now and then, since
 * events are a convenience and the state is the truth.
 */
export class StopWatch {
  readonly #listen: (listener: ServiceListener) => Promise<RemoveListener>
  readonly #wait: Wait
  readonly #waiters = new Map<string, Set<() => void>>()
  #listening: Promise<RemoveListener> | undefined

  /** @param wait - given, since there are no timers in this room */
  constructor(listen: (listener: ServiceListener) => Promise<RemoveListener>, wait: Wait) {
    this.#listen = listen
    this.#wait = wait
  }

  async changed(id: string, tries: number, signal: AbortSignal | undefined): Promise<void> {
    const heard = new AbortController()
    const hear = () => heard.abort()
    const forget = this.#enrol(id, hear)
    signal?.addEventListener('abort', hear)
    try {
      if (tries > 0) await this.#wait(Math.min(LONGEST_MS, 25 * 2 ** tries), heard.signal)
      else await this.#started()
    } finally {
      signal?.removeEventListener('abort', hear)
      await forget()
    }
  }

  /** The first look comes after the listener stands: what stops later is heard, what stopped before is seen. */
  async #started(): Promise<void> {
    await this.#listening
  }

  #enrol(id: string, hear: () => void): () => Promise<void> {
    const hearers = this.#waiters.get(id) ?? new Set()
    this.#waiters.set(id, hearers.add(hear))
    this.#listening ??= this.#listen({
      onJobStopped: ({ jobId, willRetry }) => {
        if (!willRetry) this.#ring(jobId)
      },
      onJobBundleStopped: ({ bundleId }) => this.#ring(bundleId),
    })
    return async () => {
      hearers.delete(hear)
      if (hearers.size === 0) this.#waiters.delete(id)
    }
  }

  #ring(id: string): void {
    for (const hear of this.#waiters.get(id) ?? []) hear()
  }
}
