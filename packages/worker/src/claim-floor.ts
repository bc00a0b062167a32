import type { ClaimedJob, ClaimedType } from '@jq/core/internal'

/** For so long claims begin where the last one ended; then one looks at everything again. */
const ON_MS = 1_000

/**
 * Where claims begin to look, among what waits in their order. What was claimed leaves dead entries at the front of the index until
 * it is cleaned, which an old snapshot forbids for as long as it lives: while they are many, claims begin behind the last job
 * that this process claimed of a type. What comes to stand before it meanwhile, an urgent job or one that was given back,
 * waits for a second at most.
 */
export class ClaimFloor {
  readonly #last = new Map<string, NonNullable<ClaimedType['from']>>()
  #endsAt = 0

  get isOn(): boolean {
    return performance.now() < this.#endsAt
  }

  raise(): void {
    this.#endsAt = performance.now() + ON_MS
  }

  drop(): void {
    this.#endsAt = 0
  }

  /** In the order of their claim. What ran alone was claimed out of turn. */
  note(claimed: readonly ClaimedJob[]): void {
    for (const { seq, type, priority, crashCount } of claimed)
      if (crashCount === 0) this.#last.set(type, { priority, seq })
  }

  under(types: readonly ClaimedType[]): readonly ClaimedType[] {
    return this.isOn ? types.map((type) => ({ ...type, from: this.#last.get(type.type) })) : types
  }
}
