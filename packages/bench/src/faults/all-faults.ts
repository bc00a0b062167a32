import { seeBlackHole } from './black-hole.ts'
import { seeLateWrite } from './late-write.ts'
import type { SubjectSeen } from './peers-result.ts'
import type { Subject } from './subject.ts'
import { seeUnrecordable } from './unrecordable.ts'

export const FAULTS = ['late-write', 'unrecordable', 'black-hole'] as const

export type FaultName = (typeof FAULTS)[number]

/** The shortest that all who have one allow. */
export const leaseMs = 10_000

/** Beyond the lease, for others to notice on a busy machine. */
export const patienceMs = 10_000

/** How long the black hole lasts, and for how long the process is watched after it. */
export interface HoleTimes {
  readonly holeMs: number
  readonly watchMs: number
}

/** Plays one fault in all its ways against one queue, at the same time, each in a database of its own. */
export async function see(
  fault: FaultName,
  subject: Subject,
  newDatabase: () => Promise<string>,
  times: HoleTimes,
): Promise<Partial<SubjectSeen>> {
  switch (fault) {
    case 'late-write': {
      const patience = { leaseMs, graceMs: patienceMs, watchMs: 10_000 }
      const play = async (how: 'success' | 'failure') =>
        seeLateWrite(subject, await newDatabase(), how, patience)
      return { lateWrites: await Promise.all([play('success'), play('failure')]) }
    }
    case 'unrecordable': {
      const patience = { leaseMs, stepMs: 8_000, lateMs: 60_000 }
      return { odd: await seeUnrecordable(subject, await newDatabase(), patience) }
    }
    case 'black-hole': {
      const patience = { leaseMs, heldMs: times.holeMs / 3, ...times }
      const play = async (after: 'reset' | 'silent') =>
        seeBlackHole(subject, await newDatabase(), after, patience)
      return { blackHoles: await Promise.all([play('reset'), play('silent')]) }
    }
  }
}
