import { bundlesConform } from './bundles.ts'
import { fenceConforms } from './fence.ts'
import { statesConform } from './states.ts'
import type { BigBang } from './universe.ts'

export { Hand } from './hand.ts'
export type { BigBang, Universe } from './universe.ts'

/** What every service promises: the same tests for each of them. Called inside a test file of vitest. */
export function serviceConforms(bigBang: BigBang): void {
  statesConform(bigBang)
  fenceConforms(bigBang)
  bundlesConform(bigBang)
}
