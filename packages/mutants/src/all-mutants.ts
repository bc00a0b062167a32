import type { Mutant } from './mutant.ts'
import { settleWithoutAttempt } from './mutants/m01-settle-without-attempt.ts'
import { heartbeatWithoutAttempt } from './mutants/m02-heartbeat-without-attempt.ts'
import { reapByReadingFirst } from './mutants/m03-reap-by-reading-first.ts'
import { attemptAnewOnReset } from './mutants/m04-attempt-anew-on-reset.ts'
import { noCrashCounter } from './mutants/m05-no-crash-counter.ts'
import { bundleByCounting } from './mutants/m06-bundle-by-counting.ts'
import { countedTwiceOnReset } from './mutants/m07-counted-twice-on-reset.ts'
import { eventsOnlyByNotify } from './mutants/m08-events-only-by-notify.ts'
import { cursorOnId } from './mutants/m09-cursor-on-id.ts'
import { clockOfTheWorker } from './mutants/m10-clock-of-the-worker.ts'
import { limitInASubquery } from './mutants/m11-limit-in-a-subquery.ts'
import { noListenAgain } from './mutants/m12-no-listen-again.ts'
import { noPoll } from './mutants/m13-no-poll.ts'
import { idMadeAtEachTry } from './mutants/m14-id-made-at-each-try.ts'
import { stopDropsOutcomes } from './mutants/m15-stop-drops-outcomes.ts'
import { uniqueByLookingFirst } from './mutants/m16-unique-by-looking-first.ts'
import { recoveryEndsAtAnError } from './mutants/m17-recovery-ends-at-an-error.ts'
import { poisonedClientGivenBack } from './mutants/m18-poisoned-client-given-back.ts'
import { limitCountedWithoutALock } from './mutants/m19-limit-counted-without-a-lock.ts'
import { tickOfEachProcess } from './mutants/m20-tick-of-each-process.ts'
import { failedBundleDeleted } from './mutants/m21-failed-bundle-deleted.ts'
import { bundleGoneBeforeItsFollowers } from './mutants/m22-bundle-gone-before-its-followers.ts'
import { keptFromItsBeginning } from './mutants/m23-kept-from-its-beginning.ts'
import { resetKeepsWhatWasSpent } from './mutants/m24-reset-keeps-what-was-spent.ts'
import { resumedATickLate } from './mutants/m25-resumed-a-tick-late.ts'

/** All of them, in the order of their numbers. */
export const allMutants: readonly Mutant[] = [
  settleWithoutAttempt,
  heartbeatWithoutAttempt,
  reapByReadingFirst,
  attemptAnewOnReset,
  noCrashCounter,
  bundleByCounting,
  countedTwiceOnReset,
  eventsOnlyByNotify,
  cursorOnId,
  clockOfTheWorker,
  limitInASubquery,
  noListenAgain,
  noPoll,
  idMadeAtEachTry,
  stopDropsOutcomes,
  uniqueByLookingFirst,
  recoveryEndsAtAnError,
  poisonedClientGivenBack,
  limitCountedWithoutALock,
  tickOfEachProcess,
  failedBundleDeleted,
  bundleGoneBeforeItsFollowers,
  keptFromItsBeginning,
  resetKeepsWhatWasSpent,
  resumedATickLate,
]
