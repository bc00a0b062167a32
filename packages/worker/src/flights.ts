import type { Outcome, StepRequest } from '@jq/core/internal'

/** A round trip under way, by what it was sent for. */
export interface Flight {
  readonly claim: StepRequest['claim']
  readonly outcomes: readonly Outcome[]
  /** It says what of that which was claimed ahead may begin, and has begun. */
  readonly tells: boolean
}

/** The round trips that have no answer yet. What they may bring takes room as if it were here. */
export class Flights {
  readonly #inAir = new Set<Flight>()

  begin(flight: Flight): void {
    this.#inAir.add(flight)
  }

  end(flight: Flight): void {
    this.#inAir.delete(flight)
  }

  get size(): number {
    return this.#inAir.size
  }

  get tells(): boolean {
    return this.#some(({ tells }) => tells)
  }

  get claims(): boolean {
    return this.#some(({ claim }) => claim !== null)
  }

  /** What they may bring at most. */
  get room(): number {
    return this.#sum(({ claim }) => claim?.room ?? 0)
  }

  /** The attempts that the database may hold for them: those that they settle, until they have, and those that they then bring. */
  get load(): number {
    return this.#sum(({ claim, outcomes }) => Math.max(outcomes.length, claim?.room ?? 0))
  }

  #some(is: (flight: Flight) => boolean): boolean {
    for (const flight of this.#inAir) if (is(flight)) return true
    return false
  }

  #sum(of: (flight: Flight) => number): number {
    let sum = 0
    for (const flight of this.#inAir) sum += of(flight)
    return sum
  }
}
