import { InvalidInputError } from './errors.ts'
import { shown } from './shown.ts'

const A_SECOND = 1_000
const A_DAY = 86_400_000

/**
 * The wall clock of a place. Its times are milliseconds as if of UTC. One that it shows twice is told by its first moment, one that it
 * leaves out by the moment at which it goes on.
 */
export class TimeZone {
  readonly #format: Intl.DateTimeFormat | null

  /** @throws InvalidInputError with reason `invalid_time_zone` */
  constructor(name: string, path: string) {
    this.#format = name === 'UTC' ? null : formatOf(name, path)
  }

  wallTime(moment: number): number {
    return moment + this.#offset(moment)
  }

  /** The first moment at which the clock shows this; where it never does, the moment at which it leaps over it. */
  firstMoment(wall: number): number {
    const moments = [this.#offset(wall - A_DAY), this.#offset(wall + A_DAY)].map((offset) => wall - offset)
    const [early, late] = [Math.min(...moments), Math.max(...moments)]
    if (this.wallTime(early) === wall) return early
    if (this.wallTime(late) === wall) return late
    return this.#turn(early, late)
  }

  /** What the clock must have shown for a moment whose time it shows for the second time to be over with the repetition. */
  endOfRepetition(moment: number): number {
    const first = this.firstMoment(this.wallTime(moment))
    return this.#turn(first, moment) + this.#offset(first)
  }

  /** The moment in (from, to] at which the offset changes. */
  #turn(from: number, to: number): number {
    const before = this.#offset(from)
    let [low, high] = [Math.floor(from / A_SECOND), Math.floor(to / A_SECOND)]
    while (high - low > 1) {
      const middle = Math.floor((low + high) / 2)
      if (this.#offset(middle * A_SECOND) === before) low = middle
      else high = middle
    }
    return high * A_SECOND
  }

  #offset(moment: number): number {
    if (this.#format === null) return 0
    const second = Math.floor(moment / A_SECOND) * A_SECOND
    const [month, day, year, hour, minute, at] = (this.#format.format(second).match(/\d+/g) ?? []).map(Number)
    return (
      Date.UTC(year as number, (month as number) - 1, day, hour as number, minute as number, at as number) -
      second
    )
  }
}

function formatOf(name: string, path: string): Intl.DateTimeFormat {
  try {
    if (!/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name)) throw new RangeError('no name')
    return new Intl.DateTimeFormat('en-US', {
      ...{ timeZone: name, calendar: 'gregory', numberingSystem: 'latn', hourCycle: 'h23' },
      ...{ year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    })
  } catch {
    throw new InvalidInputError(
      'invalid_time_zone',
      path,
      `${shown(name)} is no time zone. Give a name of the IANA's list, such as 'Europe/Vienna', or 'UTC'.`,
    )
  }
}
