import { cronTimes, everyTimes, type NextRun } from './next-run.ts'

/** How a schedule finds its times, in the form in which it is stored: one of the three. */
export interface ScheduleTimes {
  readonly cron: string | null
  readonly timeZone: string | null
  readonly everyMs: number | null
  readonly rule: string | null
}

/** The times of a schedule; null: by a rule that others know. @param anchor - what an interval counts from */
export function timesOf({ cron, timeZone, everyMs }: ScheduleTimes, anchor: Date): NextRun | null {
  if (cron !== null) return cronTimes(cron, timeZone ?? 'UTC')
  return everyMs === null ? null : everyTimes(everyMs, anchor)
}

/** The first time after both; null: there is none, or who knows the rule shall find it. */
export function firstTick(times: ScheduleTimes, from: Date, now: Date): Date | null {
  return timesOf(times, from)?.(from < now ? now : from) ?? null
}

/** Where it goes on after a pause: at the tick that is ahead, or at the first one after those that the pause has left out. */
export function tickAfterPause(times: ScheduleTimes, next: Date | null, now: Date): Date | null {
  if (times.rule === null && next !== null && next > now) return next
  return firstTick(times, next ?? now, now)
}
