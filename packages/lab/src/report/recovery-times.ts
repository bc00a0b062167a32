import type { FinalState } from '../database/final-state.ts'
import { deeds, type EventOf, type HistoryEvent } from '../history/history-event.ts'
import type { Evidence, FaultDeed } from '../nemesis/fault.ts'

/** How long it took until others went on with what killed processes had in hand, in whole milliseconds from each kill. */
export interface RecoveryTimes {
  /** Of each attempt that a dead process held: until it was ended as crashed. */
  readonly ended: readonly number[]
  /** Of those whose job ran again: until its handler was entered. */
  readonly again: readonly number[]
}

/**
 * Reads them off the journal, which says when an attempt was ended, and the histories, which say when a handler was entered. The
 * journal tells the time by the database's clock, so nothing is said of a run in which that clock was moved.
 */
export function recoveryTimes({ history, state }: Evidence): RecoveryTimes {
  const starts = deeds(history, 'started')
  const jobIds = new Map(state.jobs.map(({ seq, id }) => [seq, id]))
  const crashes = deeds(history, 'fault')
    .filter(({ fault }) => fault === 'kill')
    .flatMap((deed) => crashesOf(deed, state))
  return {
    ended: crashes.map(({ ms }) => Math.round(ms)),
    again: crashes.flatMap(({ seq, attempt, killedAt }) => {
      const next = nextStart(starts, jobIds.get(seq), attempt)
      return next === undefined ? [] : [Math.round(next.at - killedAt)]
    }),
  }
}

/** An attempt that was ended because its process had been killed. */
interface Crash {
  readonly seq: string
  readonly attempt: number
  /** On the machine's clock. */
  readonly killedAt: number
  /** From the kill to the end. */
  readonly ms: number
}

/** One that a process had lost before it was killed, as one that stood still, is no business of the kill. */
function crashesOf({ workerId, from, at, date }: FaultDeed, { journal }: FinalState): readonly Crash[] {
  const killedOn = date - (at - from)
  return journal.flatMap(({ what, outcome, workerId: of, seq, attempt, at: endedOn }) =>
    what === 'kept' && outcome === 'k' && of === workerId && endedOn >= killedOn
      ? [{ seq: seq as string, attempt: attempt as number, killedAt: from, ms: endedOn - killedOn }]
      : [],
  )
}

function nextStart(
  starts: readonly EventOf<'started'>[],
  jobId: string | undefined,
  attempt: number,
): HistoryEvent | undefined {
  return starts.find((start) => start.jobId === jobId && start.attempt > attempt)
}
