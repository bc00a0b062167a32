import type { AttemptKey, Outcome } from '@jq/core/internal'
import type { Tally } from './tally.ts'

/** Outcomes that wait to be settled, oldest first, and the count of those that were. */
export class Outbox {
  #waiting: Outcome[] = []
  #counts = { finished: 0, released: 0 }
  readonly #tally: Tally

  constructor(tally: Tally) {
    this.#tally = tally
  }

  get size(): number {
    return this.#waiting.length
  }

  get all(): readonly AttemptKey[] {
    return this.#waiting
  }

  /** What was settled since the last `countAnew`. */
  get counts(): { finished: number; released: number } {
    return this.#counts
  }

  countAnew(): void {
    this.#counts = { finished: 0, released: 0 }
  }

  put(outcome: Outcome): void {
    this.#waiting.push(outcome)
  }

  /** They could not be settled: in front of what came meanwhile. */
  putBack(outcomes: readonly Outcome[]): void {
    this.#waiting = [...outcomes, ...this.#waiting]
  }

  takeAll(): readonly Outcome[] {
    const all = this.#waiting
    this.#waiting = []
    return all
  }

  /** All of them are settled but these. */
  settled(outcomes: readonly Outcome[], unsettled: readonly AttemptKey[]): void {
    const open = new Set(unsettled.map(({ seq }) => seq))
    for (const { seq, kind } of outcomes) {
      if (open.has(seq)) continue
      if (kind === 'released') this.#counts.released++
      else this.#counts.finished++
      this.#tally.add(kind)
    }
  }
}
