import type { MisfirePolicy } from '@jq/core'
import type { Situation } from '../../../testing/src/conformance/transitions.ts'

/** A schedule as it must be. Its times are as they are stored, and as the clock of the queue goes. */
export interface ModelSchedule {
  readonly name: string
  readonly everyMs: number
  readonly misfire: MisfirePolicy
  readonly noOverlap: boolean
  nextAt: number
  isPaused: boolean
  lastJobId: string | null
  successes: number
  consecutiveFailures: number
}

/** So late may a tick be of which `skip` makes a job all the same. */
const LATE = 60_000

/**
 * Moves a schedule on as far as it goes.
 *
 * @param met - notes what became of its ticks, such as `skip: left out`
 * @returns the ticks that make a job each
 */
export function ticksOf(
  schedule: ModelSchedule,
  { now, unfinished, met }: { now: number; unfinished: number; met: Set<string> },
): readonly number[] {
  const { everyMs, misfire, noOverlap } = schedule
  const ticks: number[] = []
  const become = (what: string) => met.add(`${misfire}: ${what}`)
  if (schedule.isPaused && schedule.nextAt <= now) met.add('paused: waits')
  while (schedule.nextAt <= now && !schedule.isPaused) {
    const isHeld = noOverlap && unfinished + ticks.length > 0
    if (isHeld && misfire !== 'skip') {
      become('waits')
      break
    }
    const latest = lastUpTo(schedule, now)
    const tick = misfire === 'all' ? schedule.nextAt : latest
    const isLeftOut = misfire === 'skip' && (isHeld || now - latest > LATE)
    become(isLeftOut ? 'left out' : 'a job')
    if (!isLeftOut) ticks.push(tick)
    schedule.nextAt = tick + everyMs
  }
  return ticks
}

/** Counts how a run of it has ended. */
export function countRun(schedule: ModelSchedule, situation: Situation, met: Set<string>): void {
  met.add(`a run ended: ${situation}`)
  if (situation === 'succeeded') {
    schedule.successes++
    schedule.consecutiveFailures = 0
  } else if (situation === 'failed' || situation === 'dead') schedule.consecutiveFailures++
}

/** Goes on after a pause: what fell into it is left out. */
export function resume(schedule: ModelSchedule, now: number): void {
  schedule.isPaused = false
  if (schedule.nextAt <= now) schedule.nextAt = lastUpTo(schedule, now) + schedule.everyMs
}

/** Its latest tick that is not ahead, if its next one is not. */
function lastUpTo({ nextAt, everyMs }: ModelSchedule, now: number): number {
  return nextAt + Math.floor((now - nextAt) / everyMs) * everyMs
}
