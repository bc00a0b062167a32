import { randomInt } from 'node:crypto'

/**
 * A seed for a random test: a new one each time, or `fixed` to see a failure again. Whoever asks for it prints it.
 *
 * @example
 * const seed = testSeed()
 * console.info(`seed ${seed}`)
 * const random = seededRandom(seed)
 */
export function testSeed(fixed?: number): number {
  return fixed ?? randomInt(2 ** 32)
}
