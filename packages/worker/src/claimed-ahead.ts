import type { AttemptKey, ClaimedJob } from '@jq/core/internal'

/** An attempt that waits for a thread of this process. */
export interface Waiting {
  readonly claimed: ClaimedJob
  /** Milliseconds of the process's clock: when its claim was answered, and when it was told that it may begin. */
  readonly claimedAt: number
  readonly readyAt: number
}

/** What was claimed ahead of free threads, in the order of its claim: what the database holds as begun is `ready`, the rest waits. */
export class ClaimedAhead {
  #ready = new Map<string, Waiting>()
  #waiting = new Map<string, Waiting>()

  add(claimed: ClaimedJob): void {
    const now = performance.now()
    const place = claimed.begun ? this.#ready : this.#waiting
    place.set(claimed.seq, { claimed, claimedAt: now, readyAt: now })
  }

  get size(): number {
    return this.#ready.size + this.#waiting.size
  }

  get readySize(): number {
    return this.#ready.size
  }

  get all(): readonly ClaimedJob[] {
    return [...this.#ready.values(), ...this.#waiting.values()].map(({ claimed }) => claimed)
  }

  countOf(type: string): number {
    return this.size === 0 ? 0 : this.all.filter(({ job }) => job.type === type).length
  }

  /** The next that may begin. */
  take(): Waiting | undefined {
    const next = this.#ready.values().next().value
    if (next !== undefined) this.#ready.delete(next.claimed.seq)
    return next
  }

  takeAll(): readonly ClaimedJob[] {
    const { all } = this
    this.#ready.clear()
    this.#waiting.clear()
    return all
  }

  /** The first of those that wait. */
  first(count: number): readonly ClaimedJob[] {
    const found: ClaimedJob[] = []
    for (const { claimed } of this.#waiting.values()) {
      if (found.length >= count) break
      found.push(claimed)
    }
    return found
  }

  waits({ seq }: AttemptKey): boolean {
    return this.#waiting.has(seq)
  }

  /** The database holds it as begun now. */
  makeReady({ seq }: AttemptKey): void {
    const waiting = this.#waiting.get(seq)
    if (waiting === undefined) return
    this.#waiting.delete(seq)
    this.#ready.set(seq, { ...waiting, readyAt: performance.now() })
  }

  /** Lets what was ready wait again, if no thread has become free for the first of it for so long. */
  recall(afterMs: number): readonly ClaimedJob[] {
    const first = this.#ready.values().next().value
    if (first === undefined || performance.now() - first.readyAt < afterMs) return []
    const recalled = [...this.#ready.values()]
    this.#waiting = new Map([...this.#ready, ...this.#waiting])
    this.#ready = new Map()
    return recalled.map(({ claimed }) => claimed)
  }

  /** @returns whether it was here */
  remove({ seq, attempt }: AttemptKey): boolean {
    for (const place of [this.#ready, this.#waiting])
      if (place.get(seq)?.claimed.attempt === attempt) return place.delete(seq)
    return false
  }
}
