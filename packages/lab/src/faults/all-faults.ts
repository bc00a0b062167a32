import type { Fault } from '../nemesis/fault.ts'
import { databaseClock } from './database-clock.ts'
import { fullDisk } from './full-disk.ts'
import { fullNotifications } from './full-notifications.ts'
import { blockedLoop, outOfMemory, starvedProcess } from './heavy-jobs.ts'
import { heldSnapshot } from './held-snapshot.ts'
import { kill } from './kill.ts'
import { lostAddReply, lostSettleReply } from './lost-replies.ts'
import { pause } from './pause.ts'
import { poolExhausted } from './pool-exhausted.ts'
import { restart } from './restart.ts'
import { terminateClaimer, terminateHeartbeat, terminateListener } from './terminate.ts'
import { blackHole, cut } from './wires.ts'
import { workerClock } from './worker-clock.ts'

/** Every class of faults that the lab knows, in the order of the documentation. */
export const allFaults: readonly Fault[] = [
  kill,
  pause,
  terminateClaimer,
  terminateHeartbeat,
  terminateListener,
  restart,
  lostAddReply,
  lostSettleReply,
  cut,
  blackHole,
  poolExhausted,
  workerClock,
  blockedLoop,
  outOfMemory,
  starvedProcess,
  heldSnapshot,
  fullNotifications,
  databaseClock,
  fullDisk,
]
