/** What claims have met of limits, which only the database knows. */
export class SeenLimits {
  readonly #types = new Set<string>()
  #wait = false

  /** @param types - limited ones, of which the last claim could take jobs */
  note(types: readonly string[]): void {
    for (const type of types) this.#types.add(type)
    this.#wait = types.length > 0
  }

  /** The end of a job of this type may make room for another. */
  has(type: string): boolean {
    return this.#types.has(type)
  }

  /** Jobs of such a type may wait, which nobody claims ahead of a free thread, so that no room of their limit lies idle. */
  get wait(): boolean {
    return this.#wait
  }
}
