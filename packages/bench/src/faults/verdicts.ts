import type { BlackHoleSeen } from './black-hole.ts'
import type { LateWriteSeen } from './late-write.ts'
import type { OddSeen } from './unrecordable.ts'

/** What became of a late write. */
export type LateFate = 'the only write' | 'refused' | 'recorded'

/** Whether the store took the late end for the end of the job's attempt, while another attempt of it ran. */
export function fateOf({ handedOver, afterLate, runsBefore }: LateWriteSeen): LateFate {
  if (handedOver === 'no') return 'the only write'
  return afterLate.state === 'running' && runsBefore === 2 ? 'refused' : 'recorded'
}

/** Whether a value that was thrown is a failure in the store, and one that was returned any end, at once. */
export function isRecorded({ way, recorded }: OddSeen): boolean {
  return recorded === 'failed' || (way === 'returned' && (recorded === 'succeeded' || recorded === 'gone'))
}

/** What we promise of a late write, and what of it did not hold. */
export function brokenByLateWrite(seen: LateWriteSeen): readonly string[] {
  return [
    ...said(
      seen.handedOver !== 'by itself',
      'P8: the job of a process that stood still was not started elsewhere',
    ),
    ...said(fateOf(seen) !== 'refused', `P4: the late ${seen.how} was not refused`),
    ...said(seen.runs > 2, `P4: the late ${seen.how} brought a further run`),
    ...said(
      seen.inTheEnd.state !== 'succeeded' || seen.inTheEnd.by !== 'second',
      'P4: the outcome of the attempt that was current is not the one on record',
    ),
  ]
}

export function brokenByOdd(seen: OddSeen): readonly string[] {
  const what = `${seen.name}, ${seen.way}`
  return [
    ...said(!isRecorded(seen), `P13: ${what}: the attempt was not recorded`),
    ...said(
      isRecorded(seen) && seen.way === 'thrown' && !seen.hasError,
      `P13: ${what}: it is not said why the attempt failed`,
    ),
    ...said(!seen.isProcessAlive, `P13: ${what}: the process has ended`),
    ...said(!seen.goesOn, `P13: ${what}: the job behind it did not run`),
  ]
}

/** @param patienceMs - beyond the lease, for the jobs to be started elsewhere */
export function brokenByBlackHole(
  seen: BlackHoleSeen,
  { leaseMs, patienceMs }: { leaseMs: number; patienceMs: number },
): readonly string[] {
  const isLate = seen.held.some(
    ({ elsewhereMs }) => elsewhereMs === null || elsewhereMs > leaseMs + patienceMs,
  )
  return [
    ...said(isLate, 'P8: a job in hand was not started elsewhere in time'),
    ...said(!seen.isProcessAlive, 'P20: the process has ended'),
    ...said(seen.goesOnMs === null, 'P20: the process did not go on'),
    ...said(seen.unended > 0, `P8: ${seen.unended} jobs never ended`),
  ]
}

function said(isBroken: boolean, what: string): readonly string[] {
  return isBroken ? [what] : []
}
