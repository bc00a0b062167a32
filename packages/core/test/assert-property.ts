import { randomInt } from 'node:crypto'
import fc from 'fast-check'

/** Tries a property with random values and prints the seed; give that seed to see the same values again. */
export function assertProperty<Values>(
  property: fc.IProperty<Values>,
  { seed = randomInt(2 ** 31), numRuns = 100 }: { seed?: number; numRuns?: number } = {},
): void {
  console.info(`seed ${seed}`)
  fc.assert(property, { seed, numRuns })
}
