import type { Fault } from '../nemesis/fault.ts'
import { kill } from './kill.ts'
import { pause } from './pause.ts'
import { restart } from './restart.ts'
import { terminateClaimer, terminateHeartbeat, terminateListener } from './terminate.ts'

/** Every class of faults that the lab knows, in the order of the documentation. */
export const allFaults: readonly Fault[] = [
  kill,
  pause,
  terminateClaimer,
  terminateHeartbeat,
  terminateListener,
  restart,
]
