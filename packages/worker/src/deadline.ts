/** A time limit that may be cleared: whoever is done keeps no process alive. */
export class Deadline {
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout | undefined

  /** @param ms - null: never. Longer than a timer can wait is longer than any process lives. */
  constructor(ms: number | null) {
    if (ms === null || ms >= 2 ** 31) return
    const reason = new Error(`The database gave no answer within the timeout of ${ms} ms.`)
    this.#timer = setTimeout(() => this.#controller.abort(reason), ms)
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Calls back once it is over, at once where it is already. */
  whenOver(act: () => void): void {
    if (this.signal.aborted) act()
    else this.signal.addEventListener('abort', act, { once: true })
  }

  clear(): void {
    clearTimeout(this.#timer)
  }
}
