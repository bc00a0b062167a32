/** Waits for some local time; ends early, without an error, when the signal aborts. */
export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(done, ms)
    signal?.addEventListener('abort', done, { once: true })
    function done(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', done)
      resolve()
    }
  })
}

/** Waits for something to end; `undefined`: it had not within this local time, or before the signal aborted. */
export function within<T>(ms: number, ending: Promise<T>, signal?: AbortSignal): Promise<T | undefined> {
  if (signal?.aborted) return Promise.resolve(undefined)
  return new Promise((resolve, reject) => {
    const timer = setTimeout(giveUp, ms)
    signal?.addEventListener('abort', giveUp, { once: true })
    ending.then(resolve, reject).finally(forget)
    function giveUp(): void {
      forget()
      resolve(undefined)
    }
    function forget(): void {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
  })
}

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
