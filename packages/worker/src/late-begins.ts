import type { AttemptKey, Begin, ClaimedJob } from '@jq/core/internal'
import type { ClaimedAhead } from './claimed-ahead.ts'

/** What began later than the database believes, or waits although it believes it begun: told with the next step. */
export class LateBegins {
  readonly #begun = new Map<string, Begin & { readonly at: number }>()
  readonly #recalled = new Map<string, ClaimedJob>()

  /** It begins in this moment. */
  note({ seq, attempt, timeoutMs }: ClaimedJob): void {
    this.#begun.set(seq, { seq, attempt, timeoutMs, agoMs: 0, at: performance.now() })
  }

  recall(recalled: readonly ClaimedJob[]): void {
    for (const claimed of recalled) this.#recalled.set(claimed.seq, claimed)
  }

  get size(): number {
    return this.#begun.size + this.#recalled.size
  }

  /** All of it, as seen now, but for what waits no longer. */
  tell(ahead: ClaimedAhead): readonly Begin[] {
    const now = performance.now()
    const begun = [...this.#begun.values()].map(({ at, ...begin }) => ({ ...begin, agoMs: now - at }))
    for (const [seq, claimed] of this.#recalled) if (!ahead.waits(claimed)) this.#recalled.delete(seq)
    return [...begun, ...[...this.#recalled.values()].map((claimed) => beginOf(claimed, null))]
  }

  /** The database knows; what was busy is told again. */
  told(begins: readonly Begin[], busy: readonly AttemptKey[]): void {
    const held = new Set(busy.map(({ seq }) => seq))
    for (const { seq, agoMs } of begins) {
      if (held.has(seq)) continue
      this.#recalled.delete(seq)
      if (agoMs !== null) this.#begun.delete(seq)
    }
  }
}

export function beginOf({ seq, attempt, timeoutMs }: ClaimedJob, agoMs: number | null): Begin {
  return { seq, attempt, agoMs, timeoutMs }
}
