import type { AttemptCounts } from '@jq/core'
import type { Outcome } from '@jq/core/internal'

/** What one worker has settled since it was made, however often its threads were started. */
export class Tally {
  readonly #counts = { succeeded: 0, failed: 0, timedOut: 0, cancelled: 0, released: 0 }

  add(kind: Outcome['kind']): void {
    if (kind !== 'snoozed') this.#counts[kind === 'terminal' ? 'failed' : kind]++
  }

  get counts(): AttemptCounts {
    return { ...this.#counts }
  }
}
