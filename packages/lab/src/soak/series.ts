import { type Point, type Trend, thinned, trendOf } from './trend.ts'

/** What a series tells of, by which it is judged. */
export type Kind = 'memory' | 'handles' | 'connections' | 'size' | 'dead tuples' | 'wait'

/** One figure over the time of a soak. */
export interface Series {
  readonly name: string
  readonly kind: Kind
  /** Null: there was nothing to measure. */
  readonly values: readonly (number | null)[]
}

export interface Judged extends Trend {
  readonly series: Series
  /** `grows` and `falls` only where that is significant and material. */
  readonly verdict: 'flat' | 'grows' | 'falls'
  /** It grows, and must not. */
  readonly isBreach: boolean
}

/** Twenty points suffice for the test, and each then stands for as long as upkeep takes to come round. */
const MOST_POINTS = 20

/** More than this part of its median in an hour is material. */
const MATERIAL_PART = 0.1

/** And more than so much in an hour: a table of two pages doubles by a third one. */
const MATERIAL_AMOUNT: Readonly<Record<Kind, number>> = {
  memory: 1 << 20,
  handles: 1,
  connections: 1,
  size: 1 << 20,
  'dead tuples': 1_000,
  wait: 1,
}

/** What must not grow. The other two say how busy the machine was, and are told. */
const FORBIDDEN: readonly Kind[] = ['memory', 'handles', 'connections', 'size']

/**
 * Judges the second two thirds of a series: in the first one caches fill, tables reach their size, and the compiler learns.
 *
 * @param seconds - when each value was measured
 */
export function judge(series: Series, seconds: readonly number[]): Judged {
  const begin = (seconds.at(-1) ?? 0) / 3
  const points = series.values.flatMap((value, place): Point[] => {
    const at = seconds[place] as number
    return value === null || at < begin ? [] : [{ at: at / 3_600, value }]
  })
  const trend = trendOf(thinned(points, MOST_POINTS))
  const isMaterial =
    Math.abs(trend.perHour) > MATERIAL_PART * trend.median &&
    Math.abs(trend.perHour) > MATERIAL_AMOUNT[series.kind]
  const verdict = !(trend.isSignificant && isMaterial) ? 'flat' : trend.perHour > 0 ? 'grows' : 'falls'
  return { ...trend, series, verdict, isBreach: verdict === 'grows' && FORBIDDEN.includes(series.kind) }
}
