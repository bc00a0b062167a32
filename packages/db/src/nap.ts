import { wait } from './wait.ts'

/** A call may come before what it is about can be read: a transaction that began earlier is still open. */
const AFTER_A_CALL_MS = [10, 20, 50, 100, 200, 500, 1_000]

/** The naps of a loop that others can wake. After a call it sleeps shortly for some rounds. */
export class Nap {
  #call = new AbortController()
  #looks: number[] = []

  wake(): void {
    this.#call.abort()
  }

  async for(ms: number): Promise<void> {
    await wait(Math.min(ms, this.#looks.shift() ?? ms), this.#call.signal)
    if (!this.#call.signal.aborted) return
    this.#call = new AbortController()
    this.#looks = [...AFTER_A_CALL_MS]
  }
}
