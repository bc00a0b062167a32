/**
 * The names of one handler whose room is bounded: a claim gives room to each name that it names, so that they are asked for in turn,
 * and none of them takes what another one has.
 */
export class Rotation {
  readonly #names: readonly string[]
  #at = 0
  /** So many claims in a row have found less than there was room for. */
  #short = 0

  constructor(names: readonly string[]) {
    this.#names = names
  }

  get current(): string {
    return this.#names[this.#at] as string
  }

  /** After a claim for the current name. @returns whether others may have what that one had not */
  turn(isShort: boolean): boolean {
    this.#at = (this.#at + 1) % this.#names.length
    this.#short = isShort ? this.#short + 1 : 0
    if (this.#short < this.#names.length) return true
    this.#short = 0
    return false
  }
}
