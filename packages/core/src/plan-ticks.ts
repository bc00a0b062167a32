import type { NextRun } from './next-run.ts'
import type { MisfirePolicy } from './schedule.ts'
import type { ScheduleTimes } from './schedule-times.ts'

/** A schedule whose time has come, or whose first time is to be found, as the service read it. */
export interface DueSchedule extends ScheduleTimes {
  readonly name: string
  readonly key: string
  /** Who says what follows names it: where it has risen meanwhile, nothing is done. */
  readonly revision: number
  readonly misfire: MisfirePolicy
  readonly noOverlap: boolean
  /** The tick that is due; null: the first one after `planFrom` is to be found. */
  readonly planned: Date | null
  readonly planFrom: Date | null
  /** By the clock that decides. */
  readonly now: Date
  /** Its jobs that have not stopped. */
  readonly unfinished: number
  /** So many more may begin, so that no more than the limit can succeed; null: no limit. */
  readonly room: number | null
}

/** Some of the schedules that are due: those without a time first, then by their times, names and keys. */
export interface DuePage {
  /** The last one of the page before; null: the first page. */
  readonly after: DueSchedule | null
  readonly limit: number
}

/** What follows: which ticks have a job, and when it is due next. */
export interface TickPlan extends Pick<DueSchedule, 'name' | 'key' | 'revision' | 'planned'> {
  readonly ticks: readonly Date[]
  readonly next: Date | null
  /** Until a run before has ended nothing follows. */
  readonly waits: boolean
  /** Ticks that pass without a job. Of more than a thousand at a time so many are counted. */
  readonly missed: number
}

/** So late may a tick be that is not to be made up for. Source: Quartz's misfireThreshold. */
const LATE_MS = 60_000
/** Of ticks that are made up for, so many jobs are added in one go. */
const AT_ONCE = 100
/** So many missed ticks are walked through one by one; of more the latest is sought from the end. */
const WALKED = 1_000

/** What is to be done about a schedule that is due. @throws whatever its rule throws */
export function planTicks(due: DueSchedule, rule: NextRun): TickPlan {
  const { planned, planFrom, now, misfire, noOverlap, unfinished, room } = due
  const next = rising(rule)
  if (planned === null) return plan(due, [], next(planFrom !== null && planFrom > now ? planFrom : now))
  if ((noOverlap && unfinished > 0) || (room !== null && room <= 0)) {
    if (misfire === 'skip') return planOfLatest(due, latestTick(next, planned, now), true)
    return { ...plan(due, [], planned), waits: true }
  }
  if (misfire === 'all')
    return eachTick(due, planned, next, Math.min(noOverlap ? 1 : AT_ONCE, room ?? AT_ONCE))
  const last = latestTick(next, planned, now)
  return planOfLatest(due, last, misfire === 'skip' && now.getTime() - last.latest.getTime() > LATE_MS)
}

function planOfLatest(due: DueSchedule, { latest, next, before }: LatestTick, isMissed: boolean): TickPlan {
  return isMissed ? plan(due, [], next, before + 1) : plan(due, [latest], next, before)
}

function plan(due: DueSchedule, ticks: Date[], next: Date | null, missed = 0): TickPlan {
  const { name, key, revision, planned } = due
  return { name, key, revision, planned, ticks, next, waits: false, missed }
}

function eachTick(due: DueSchedule, planned: Date, next: NextRun, most: number): TickPlan {
  const ticks: Date[] = []
  let at: Date | null = planned
  while (at !== null && at <= due.now && ticks.length < most) {
    ticks.push(at)
    at = next(at)
  }
  return plan(due, ticks, at)
}

interface LatestTick {
  readonly latest: Date
  /** The one after it. */
  readonly next: Date | null
  /** How many were walked past before it. */
  readonly before: number
}

/** The latest tick up to now. */
function latestTick(next: NextRun, planned: Date, now: Date): LatestTick {
  let latest = planned
  for (let walked = 0; ; walked++) {
    if (walked === WALKED) latest = nearTick(next, latest, now)
    const following = next(latest)
    if (following === null || following > now) return { latest, next: following, before: walked }
    latest = following
  }
}

/** A tick near the end of those up to now: looked for from the end in ever longer steps. */
function nearTick(next: NextRun, after: Date, now: Date): Date {
  for (let back = 1_000; now.getTime() - back > after.getTime(); back *= 2) {
    const tick = next(new Date(now.getTime() - back))
    if (tick !== null && tick <= now) return tick
  }
  return after
}

/** A rule that stands still, or goes back, would never let its schedule go on. */
function rising(rule: NextRun): NextRun {
  return (after) => {
    const next = rule(after)
    if (next === null || (next instanceof Date && next > after)) return next
    throw new Error(
      `The rule answered ${String(next)} for ${after.toISOString()}. It must give a later Date, or null.`,
    )
  }
}
