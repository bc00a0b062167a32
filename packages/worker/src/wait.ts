/** The rest of a loop between two rounds: others can end it early, also before it has begun. */
export class Rest {
  #nudged = false
  #end: (() => void) | undefined

  /** Goes on at once, or does not rest the next time. */
  nudge(): void {
    this.#nudged = true
    this.#end?.()
  }

  async for(ms: number): Promise<void> {
    if (!this.#nudged) await this.#sleep(ms)
    this.#nudged = false
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(done, Math.min(ms, LONGEST_TIMER_MS))
      this.#end = done
      function done(): void {
        clearTimeout(timer)
        resolve()
      }
    })
  }
}

/** Longer timers fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1

/**
 * Milliseconds before try number `tries` + 1 of something that failed for reasons of the moment.
 *
 * Shape: doubles from 50 ms, flat at 2 s, then drawn evenly from a tenth of that up to all of it, so that processes which
 * lost the same server do not return together.
 * Source: "full jitter" in M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015.
 *
 * @param tries - how often it has failed, from 1
 */
export function pauseMs(tries: number): number {
  return Math.min(2_000, 50 * 2 ** (tries - 1)) * (0.1 + 0.9 * Math.random())
}
