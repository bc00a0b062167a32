import { nothingIsLost } from './i1-nothing-is-lost.ts'
import { noPhantoms } from './i2-no-phantoms.ts'
import { oneRecord } from './i3-one-record.ts'
import { attemptsCount } from './i4-attempts-count.ts'
import { bundlesCount } from './i5-bundles-count.ts'
import { listenerHearsAll } from './i6-listener-hears-all.ts'
import { theDeadHoldNothing } from './i7-the-dead-hold-nothing.ts'
import { effectsOnce } from './i8-effects-once.ts'
import { nobodyDies } from './i9-nobody-dies.ts'
import { nothingLeaks } from './i10-nothing-leaks.ts'
import { statisticsAgree } from './i11-statistics.ts'
import type { Invariant } from './invariant.ts'

/** What must hold of every run. */
export const allInvariants: readonly Invariant[] = [
  nothingIsLost,
  noPhantoms,
  oneRecord,
  attemptsCount,
  bundlesCount,
  listenerHearsAll,
  theDeadHoldNothing,
  effectsOnce,
  nobodyDies,
  nothingLeaks,
  statisticsAgree,
]
