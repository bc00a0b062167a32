import { Problem } from './problem.ts'

/** Counts what is under way, and lets nobody in any more once the house is to be left. */
export class Traffic {
  readonly #most: number
  readonly #leaving = new AbortController()
  #underWay = 0
  #emptied = Promise.withResolvers<void>()

  /** @param most - requests at once */
  constructor(most: number) {
    this.#most = most
  }

  get isDraining(): boolean {
    return this.#leaving.signal.aborted
  }

  /** Aborts when draining begins: what would go on for long ends then. */
  get leaving(): AbortSignal {
    return this.#leaving.signal
  }

  get underWay(): number {
    return this.#underWay
  }

  /** @throws Problem 503 while draining, and where too many are under way already */
  enter(): void {
    if (this.isDraining)
      throw new Problem(503, 'draining', 'This server is stopping. Ask another one, or again in a moment.', {
        headers: { connection: 'close', 'retry-after': '1' },
      })
    if (this.#underWay >= this.#most)
      throw new Problem(503, 'overloaded', 'Too many requests are under way here. Try again in a moment.', {
        headers: { 'retry-after': '1' },
      })
    this.#underWay++
  }

  leave(): void {
    this.#underWay--
    if (this.#underWay === 0 && this.isDraining) this.#emptied.resolve()
  }

  /** @returns whether all that was under way has ended within `timeoutMs` */
  async drain(timeoutMs: number): Promise<boolean> {
    this.#leaving.abort()
    if (this.#underWay === 0) return true
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, timeoutMs)
    await Promise.race([this.#emptied.promise, late.promise])
    clearTimeout(timer)
    return this.#underWay === 0
  }
}
