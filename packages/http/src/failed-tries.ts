/** Counts wrong tokens by where they came from: whoever guesses has so many tries a minute. */
export class FailedTries {
  readonly #most: number
  readonly #now: () => number
  readonly #byAddress = new Map<string, { count: number; readonly until: number }>()

  /** @param now - milliseconds that only rise */
  constructor(most = 20, now: () => number = () => performance.now()) {
    this.#most = most
    this.#now = now
  }

  /** For how many seconds nothing from there is looked at; 0: it is. */
  waitOf(address: string): number {
    const tries = this.#byAddress.get(address)
    if (tries === undefined || tries.count < this.#most) return 0
    return Math.max(0, Math.ceil((tries.until - this.#now()) / 1_000))
  }

  count(address: string): void {
    const now = this.#now()
    const tries = this.#byAddress.get(address)
    if (tries !== undefined && tries.until > now) tries.count++
    else this.#begin(address, now)
  }

  /** Re-inserted, so that the map's order is that of the windows, and the oldest give way to new ones. */
  #begin(address: string, now: number): void {
    this.#byAddress.delete(address)
    for (const [other, { until }] of this.#byAddress) {
      if (until > now && this.#byAddress.size < MOST_ADDRESSES) break
      this.#byAddress.delete(other)
    }
    this.#byAddress.set(address, { count: 1, until: now + WINDOW_MS })
  }
}

const WINDOW_MS = 60_000
/** A megabyte or two, whoever comes from wherever. */
const MOST_ADDRESSES = 10_000
