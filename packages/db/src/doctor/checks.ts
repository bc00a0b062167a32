import type { Verdict } from './finding.ts'
import { lookAtBundles } from './look-at-bundles.ts'
import { lookAtClock } from './look-at-clock.ts'
import { lookAtDrift } from './look-at-drift.ts'
import { lookAtListen } from './look-at-listen.ts'
import { lookAtRights } from './look-at-rights.ts'
import { lookAtIndexes, lookAtVersion } from './look-at-schema.ts'
import { lookAtConnections, lookAtServer, lookAtTimeout, lookAtWriting } from './look-at-server.ts'
import { lookAtDeadRows, lookAtTransactions, lookAtVacuum } from './look-at-tables.ts'
import { lookAtAttempts, lookAtSchedules, lookAtTypes, lookAtWaiting, lookAtWorkers } from './look-at-work.ts'
import type { Patient } from './patient.ts'

/** One thing that is looked at. */
interface Check {
  readonly check: string
  /** It looks into the tables of the queue. */
  readonly needsQueue: boolean
  readonly look: (patient: Patient) => Promise<Verdict>
}

/** What is looked at, in this order: first what the rest stands on. */
export const checks: readonly Check[] = [
  { check: 'server', needsQueue: false, look: lookAtServer },
  { check: 'writable', needsQueue: false, look: lookAtWriting },
  { check: 'statement-timeout', needsQueue: false, look: lookAtTimeout },
  { check: 'connections', needsQueue: false, look: lookAtConnections },
  { check: 'clock', needsQueue: false, look: lookAtClock },
  { check: 'schema', needsQueue: false, look: lookAtVersion },
  { check: 'rights', needsQueue: true, look: lookAtRights },
  { check: 'drift', needsQueue: true, look: lookAtDrift },
  { check: 'indexes', needsQueue: true, look: lookAtIndexes },
  { check: 'listen', needsQueue: false, look: lookAtListen },
  { check: 'autovacuum', needsQueue: true, look: lookAtVacuum },
  { check: 'dead-rows', needsQueue: true, look: lookAtDeadRows },
  { check: 'transactions', needsQueue: true, look: lookAtTransactions },
  { check: 'waiting', needsQueue: true, look: lookAtWaiting },
  { check: 'types', needsQueue: true, look: lookAtTypes },
  { check: 'workers', needsQueue: true, look: lookAtWorkers },
  { check: 'attempts', needsQueue: true, look: lookAtAttempts },
  { check: 'schedules', needsQueue: true, look: lookAtSchedules },
  { check: 'bundles', needsQueue: true, look: lookAtBundles },
]
