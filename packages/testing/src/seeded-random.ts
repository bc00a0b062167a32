/** Numbers that look random and are the same again for the same seed. Its functions may be passed on alone. */
export interface SeededRandom {
  readonly seed: number
  /** From 0 up to, and without, 1: a stand-in for `Math.random`. */
  next(): number
  /** A whole number from `least` to `most`, both of them included. */
  integer(least: number, most: number): number
  /** One element of the list. @throws RangeError if it is empty */
  pick<T>(list: readonly T[]): T
  /** The same elements in another order; the list itself stays as it is. */
  shuffle<T>(list: readonly T[]): T[]
}

/**
 * A source of random numbers that a printed seed brings back.
 *
 * Source: mulberry32 by T. Ettinger, 2017 (public domain), a 32-bit generator with a period of 2^32, good enough to
 * choose test cases. Shuffle: R. Durstenfeld, "Algorithm 235: Random permutation", CACM 7 (1964).
 *
 * @param seed - its lower 32 bits count
 * @example
 * seededRandom(1).integer(1, 6) // => 4
 */
export function seededRandom(seed: number): SeededRandom {
  const next = mulberry32(seed)
  const integer = (least: number, most: number) => least + Math.floor(next() * (most - least + 1))
  return {
    seed,
    next,
    integer,
    pick(list) {
      if (list.length === 0) throw new RangeError('There is nothing to pick from.')
      return list[integer(0, list.length - 1)] as (typeof list)[number]
    },
    shuffle: (list) => shuffled(list, integer),
  }
}

function mulberry32(seed: number): () => number {
  let state = seed | 0
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

function shuffled<T>(list: readonly T[], integer: SeededRandom['integer']): T[] {
  const mixed = [...list]
  for (let last = mixed.length - 1; last > 0; last--) {
    const chosen = integer(0, last)
    ;[mixed[last], mixed[chosen]] = [mixed[chosen] as T, mixed[last] as T]
  }
  return mixed
}
