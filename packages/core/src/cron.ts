import { CronPattern } from 'croner'
import { InvalidInputError } from './errors.ts'
import { shown } from './shown.ts'

/** What a cron text asks for: which seconds, minutes and hours of which days, each list with a place for every value. */
export interface Cron {
  readonly seconds: readonly number[]
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  isDay(midnight: number): boolean
}

/** More than any of use; what is longer is refused unread. */
const LONGEST = 256
const A_SECOND = 1_000
const A_DAY = 86_400_000
/** What does not fire in eight years, the longest that a 29 February waits, never does. */
const HORIZON_DAYS = 8 * 366

/**
 * Reads five fields (minute, hour, day, month, weekday) or six with seconds first.
 *
 * Lists, ranges, steps, `?`, names of months and weekdays; `L`, `15W` and `LW` as days, `5L` and `5#2` as weekdays. Where both day
 * and weekday are given either will do; `+` before the weekday wants both.
 *
 * @throws InvalidInputError with reason `invalid_cron`
 */
export function parsedCron(text: string, path: string): Cron {
  if (typeof text !== 'string') throw refusal(`${shown(text)} is no cron text.`, path)
  if (text.length > LONGEST) throw refusal(`is ${text.length} characters long, of at most ${LONGEST}.`, path)
  if (!/^[0-9A-Za-z*?/,#+\s-]+$/.test(text))
    throw refusal(`${shown(text)} has signs that mean nothing.`, path)
  const fields = text.trim().split(/\s+/)
  if (fields.length < 5 || fields.length > 6)
    throw refusal(`${shown(text)} has ${fields.length} fields.`, path)
  try {
    return cronOf(new CronPattern(fields.join(' '), 'UTC', { mode: '5-or-6-parts' }))
  } catch (error) {
    const why = (error as Error).message
      .replace(/^CronPattern: /, '')
      .replace(/\s+/g, ' ')
      .slice(0, 200)
    throw refusal(`${shown(text)} will not do (${why}).`, path)
  }
}

/**
 * The first moment after this one that the cron names, on a clock without time zone: both are milliseconds as if of UTC.
 *
 * @returns null if there is none within eight years
 */
export function nextWallTime(cron: Cron, after: number): number | null {
  const earliest = Math.floor(after / A_SECOND) * A_SECOND + A_SECOND
  const today = Math.floor(after / A_DAY) * A_DAY
  for (let days = 0; days <= HORIZON_DAYS; days++) {
    const midnight = today + days * A_DAY
    if (!cron.isDay(midnight)) continue
    const time = timeFrom(cron, Math.max(0, earliest - midnight) / A_SECOND)
    if (time !== null) return midnight + time * A_SECOND
  }
  return null
}

/** The first time of day that the cron names from this one on; both are seconds. */
function timeFrom({ hours, minutes, seconds }: Cron, from: number): number | null {
  for (let hour = Math.floor(from / 3_600); hour < 24; hour++) {
    if (!hours[hour]) continue
    for (let minute = Math.max(0, Math.floor(from / 60) - hour * 60); minute < 60; minute++) {
      if (!minutes[minute]) continue
      const second = seconds.findIndex((named, at) => named && hour * 3_600 + minute * 60 + at >= from)
      if (second !== -1) return hour * 3_600 + minute * 60 + second
    }
  }
  return null
}

function cronOf(pattern: CronPattern): Cron {
  const { second, minute, hour } = pattern
  return { seconds: second, minutes: minute, hours: hour, isDay: (midnight) => isDay(pattern, midnight) }
}

function isDay(pattern: CronPattern, midnight: number): boolean {
  const date = new Date(midnight)
  if (!pattern.month[date.getUTCMonth()]) return false
  const { starDOM, starDOW, useAndLogic } = pattern
  const wantsBoth = useAndLogic || starDOM || starDOW
  const byDay = isMonthDay(pattern, date)
  return wantsBoth ? byDay && isWeekday(pattern, date) : byDay || isWeekday(pattern, date)
}

function isMonthDay(pattern: CronPattern, date: Date): boolean {
  const day = date.getUTCDate()
  const last = lastOfMonth(date)
  if (pattern.day[day - 1]) return true
  if (pattern.lastDayOfMonth && day === last) return true
  if (pattern.lastWeekday && day === nearestWeekday(date, last)) return true
  return pattern.nearestWeekdays.some(
    (asked, at) => asked && at + 1 <= last && day === nearestWeekday(date, at + 1),
  )
}

/** Bits one to five are the first to fifth such weekday of the month, the sixth is the last one. */
function isWeekday({ dayOfWeek }: CronPattern, date: Date): boolean {
  const day = date.getUTCDate()
  const isLast = day + 7 > lastOfMonth(date)
  const here = (1 << Math.floor((day - 1) / 7)) | (isLast ? 0b100000 : 0)
  return ((dayOfWeek[date.getUTCDay()] as number) & here) !== 0
}

/** The weekday nearest to a day within its month. */
function nearestWeekday(date: Date, day: number): number {
  const weekday = new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), day)).getUTCDay()
  if (weekday === 6) return day === 1 ? 3 : day - 1
  if (weekday === 0) return day === lastOfMonth(date) ? day - 2 : day + 1
  return day
}

function lastOfMonth(date: Date): number {
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 0)).getUTCDate()
}

function refusal(what: string, path: string): InvalidInputError {
  return new InvalidInputError(
    'invalid_cron',
    path,
    `${what} Give five fields (minute hour day month weekday), or six with seconds first: '0 8 * * MON-FRI'.`,
  )
}
