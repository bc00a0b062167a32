import { nextWallTime, parsedCron } from './cron.ts'
import { TimeZone } from './time-zone.ts'

/** The time after `after` at which it is due next; null ends it. */
export type NextRun = (after: Date) => Date | null

/**
 * The times that a cron text names by the clocks of a time zone. A time that such a clock leaves out is due when it leaps over it, one
 * that it shows twice is due the first time only.
 *
 * @throws InvalidInputError with reason `invalid_cron` or `invalid_time_zone`
 * @example
 * cronTimes('0 8 * * MON-FRI', 'Europe/Vienna')(new Date('2026-03-27T12:00Z')) // => new Date('2026-03-30T06:00Z')
 */
export function cronTimes(text: string, timeZone = 'UTC', path = 'spec'): NextRun {
  const cron = parsedCron(text, `${path}.cron`)
  const zone = new TimeZone(timeZone, `${path}.timeZone`)
  return (after) => {
    const moment = after.getTime()
    const shown = zone.wallTime(moment)
    const isRepeated = zone.firstMoment(shown) < moment
    const next = nextWallTime(cron, isRepeated ? zone.endOfRepetition(moment) - 1 : shown)
    return next === null ? null : new Date(zone.firstMoment(next))
  }
}

/** Each so many milliseconds, counted from the anchor, which is one of these times itself. */
export function everyTimes(ms: number, anchor: Date): NextRun {
  const from = anchor.getTime()
  return (after) => new Date(from + (Math.floor((after.getTime() - from) / ms) + 1) * ms)
}
