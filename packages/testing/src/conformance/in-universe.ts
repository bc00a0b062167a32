import { expect, test } from 'vitest'
import type { BigBang, Universe } from './universe.ts'

/** A test in a universe of its own, in which nothing is broken at its end. */
export function inUniverse(
  bigBang: BigBang,
  promise: string,
  body: (universe: Universe) => Promise<void>,
): void {
  test(promise, async () => {
    const universe = await bigBang()
    try {
      await body(universe)
      expect(await universe.broken()).toEqual([])
    } finally {
      await universe.close()
    }
  })
}
