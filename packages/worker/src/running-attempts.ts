import type { AttemptKey } from '@jq/core/internal'
import type { Attempt } from './attempt.ts'

/** The attempts in hand: each takes a thread until its handler has ended, and is open until its outcome is known. */
export class RunningAttempts {
  readonly #bySeq = new Map<string, Attempt>()
  #openSize = 0

  add(attempt: Attempt): void {
    this.#bySeq.set(attempt.claimed.seq, attempt)
    this.#openSize++
  }

  /** Its outcome is known. */
  close(): void {
    this.#openSize--
  }

  /** Its handler has ended. */
  remove(attempt: Attempt): void {
    this.#bySeq.delete(attempt.claimed.seq)
  }

  get size(): number {
    return this.#bySeq.size
  }

  get openSize(): number {
    return this.#openSize
  }

  get open(): readonly Attempt[] {
    return [...this.#bySeq.values()].filter(({ isOpen }) => isOpen)
  }

  find({ seq, attempt }: AttemptKey): Attempt | undefined {
    const running = this.#bySeq.get(seq)
    return running?.claimed.attempt === attempt ? running : undefined
  }

  countOf(type: string): number {
    let count = 0
    for (const { claimed } of this.#bySeq.values()) if (claimed.type === type) count++
    return count
  }

  /** True while a job runs that crashed before: nothing may run beside it. */
  get runAlone(): boolean {
    for (const { claimed } of this.#bySeq.values()) if (claimed.crashCount > 0) return true
    return false
  }
}
