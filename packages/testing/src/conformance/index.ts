import { bundlesConform } from './bundles.ts'
import { closedConforms } from './closed.ts'
import { fenceConforms } from './fence.ts'
import { listeningConforms } from './listening.ts'
import { livenessConforms } from './liveness.ts'
import { operationsConform } from './operations.ts'
import { queriesConform } from './queries.ts'
import { refusalsConform } from './refusals.ts'
import { schedulesConform } from './schedules.ts'
import { shuffledBundleConforms } from './shuffled-bundle.ts'
import { stateMachineConforms } from './state-machine.ts'
import { statesConform } from './states.ts'
import { transactionsConform } from './transactions.ts'
import type { BigBang } from './universe.ts'

export { closeOnce } from './close-once.ts'
export { Hand, outcome } from './hand.ts'
export { livingMemoryUniverse, memoryUniverse } from './memory-universe.ts'
export type { BigBang, Universe } from './universe.ts'
export { workersConform } from './workers.ts'
export type { ConformingWorker, CreateWorker } from './workshop.ts'

/** What every service promises: the same tests for each of them. Called inside a test file of vitest. */
export function serviceConforms(bigBang: BigBang): void {
  statesConform(bigBang)
  stateMachineConforms(bigBang)
  fenceConforms(bigBang)
  bundlesConform(bigBang)
  operationsConform(bigBang)
  listeningConforms(bigBang)
  transactionsConform(bigBang)
  schedulesConform(bigBang)
  livenessConforms(bigBang)
  queriesConform(bigBang)
  refusalsConform(bigBang)
  closedConforms(bigBang)
  shuffledBundleConforms(bigBang)
}
