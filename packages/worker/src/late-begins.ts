import type { AttemptKey, Begin, ClaimedJob } from '@jq/core/internal'

/** What goes on for so long is told: most has ended by then, and its end tells when it began. */
const LATE_MS = 100

/** What was claimed ahead and has begun, and the database does not know when. In the order in which it began. */
export class LateBegins {
  readonly #begun = new Map<string, Begin & { readonly at: number }>()

  /** It has begun, at this moment of the process's clock. */
  note({ seq, attempt, timeoutMs }: ClaimedJob, at: number): void {
    this.#begun.set(seq, { seq, attempt, timeoutMs, agoMs: 0, at })
  }

  ended({ seq }: AttemptKey): void {
    this.#begun.delete(seq)
  }

  get size(): number {
    return this.#begun.size
  }

  /** Something has begun so long ago that it is to be told. */
  get areDue(): boolean {
    const first = this.#begun.values().next().value
    return first !== undefined && performance.now() - first.at > LATE_MS
  }

  /** All that is to be told. */
  due(): readonly Begin[] {
    const now = performance.now()
    const due: Begin[] = []
    for (const { at, ...begin } of this.#begun.values()) {
      if (now - at <= LATE_MS) break
      due.push({ ...begin, agoMs: now - at })
    }
    return due
  }

  /** The database knows; what was busy is told again. */
  told(begins: readonly Begin[], busy: readonly AttemptKey[]): void {
    const held = new Set(busy.map(({ seq }) => seq))
    for (const { seq } of begins) if (!held.has(seq)) this.#begun.delete(seq)
  }
}
