import { bundlesConform } from './bundles.ts'
import { closedConforms } from './closed.ts'
import { fenceConforms } from './fence.ts'
import { typesConform } from './job-type-states.ts'
import { limitedTypesConform } from './limited-types.ts'
import { listeningConforms } from './listening.ts'
import { livenessConforms } from './liveness.ts'
import { logsConform } from './logs.ts'
import { operationsConform } from './operations.ts'
import { queriesConform } from './queries.ts'
import { refusalsConform } from './refusals.ts'
import { samplesConform } from './samples.ts'
import { scheduleChangesConform } from './schedule-changes.ts'
import { scheduleRunsConform } from './schedule-runs.ts'
import { scheduleTicksConform } from './schedule-ticks.ts'
import { shuffledBundleConforms } from './shuffled-bundle.ts'
import { shuffledLimitsConform } from './shuffled-limits.ts'
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

/** What every service promises, by subject: where the tests of a service take long, each part can have a file of its own. */
const parts = {
  states: [stateMachineConforms, refusalsConform, closedConforms],
  jobs: [
    ...[statesConform, fenceConforms, livenessConforms, operationsConform, queriesConform, typesConform],
    logsConform,
    samplesConform,
  ],
  bundles: [bundlesConform, shuffledBundleConforms, listeningConforms, transactionsConform],
  schedules: [scheduleTicksConform, scheduleRunsConform, scheduleChangesConform],
  limits: [limitedTypesConform, shuffledLimitsConform],
} as const satisfies Record<string, readonly ((bigBang: BigBang) => void)[]>

export type ConformancePart = keyof typeof parts

export const conformanceParts = Object.keys(parts) as readonly ConformancePart[]

/** The same tests for each service, or one part of them. Called inside a test file of vitest. */
export function serviceConforms(bigBang: BigBang, ...wanted: readonly ConformancePart[]): void {
  for (const part of wanted.length > 0 ? wanted : conformanceParts)
    for (const conforms of parts[part]) conforms(bigBang)
}
