/** A value at a time. */
export interface Point {
  /** In hours. */
  readonly at: number
  readonly value: number
}

/** How a series moves. */
export interface Trend {
  /** A middle one of its values. */
  readonly median: number
  readonly perHour: number
  /** Whether a series without a trend would look so less often than once in a hundred times. */
  readonly isSignificant: boolean
}

/** The standard normal deviate that is passed once in a hundred times, to either side. */
const ONE_IN_A_HUNDRED = 2.576

/**
 * The slope that half of all pairs of points exceed, and whether the points rise or fall together at all. Neither asks how the
 * noise is distributed, and up to a quarter of the points may be anything.
 *
 * Sources: the slope of H. Theil, "A rank-invariant method of linear and polynomial regression analysis", 1950, and P. K. Sen,
 * "Estimates of the regression coefficient based on Kendall's tau", Journal of the American Statistical Association 63, 1968; the test
 * of H. B. Mann, "Nonparametric tests against trend", Econometrica 13, 1945, with the normal approximation for ties of M. G. Kendall,
 * "Rank correlation methods", 1975.
 */
export function trendOf(points: readonly Point[]): Trend {
  const values = points.map(({ value }) => value)
  const slopes = pairsOf(points).map(([a, b]) => (b.value - a.value) / (b.at - a.at))
  const rises = slopes.reduce((sum, slope) => sum + Math.sign(slope), 0)
  return {
    median: medianOf(values),
    perHour: slopes.length === 0 ? 0 : medianOf(slopes),
    isSignificant: Math.abs(deviateOf(rises, values)) > ONE_IN_A_HUNDRED,
  }
}

/**
 * The same points, at most so many: medians of groups that are equally long. What swings within a group, as what upkeep clears away
 * once a minute, is no trend, and the test takes its points for independent, which neighbours are not.
 */
export function thinned(points: readonly Point[], most: number): readonly Point[] {
  const size = Math.ceil(points.length / most)
  return Array.from({ length: Math.ceil(points.length / size) }, (_, place) => {
    const group = points.slice(place * size, (place + 1) * size)
    return { at: medianOf(group.map(({ at }) => at)), value: medianOf(group.map(({ value }) => value)) }
  })
}

function pairsOf(points: readonly Point[]): readonly (readonly [Point, Point])[] {
  return points.flatMap((a, place) => points.slice(place + 1).map((b) => [a, b] as const))
}

/** Mann and Kendall's statistic in units of its standard deviation, with the correction for continuity. */
function deviateOf(rises: number, values: readonly number[]): number {
  const n = values.length
  const spread = (count: number) => count * (count - 1) * (2 * count + 5)
  const ties = [...Map.groupBy(values, (value) => value).values()].reduce(
    (sum, tied) => sum + spread(tied.length),
    0,
  )
  const variance = (spread(n) - ties) / 18
  return variance === 0 ? 0 : (rises - Math.sign(rises)) / Math.sqrt(variance)
}

function medianOf(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1], sorted[Math.floor(sorted.length / 2)]]
  return ((low ?? Number.NaN) + (high ?? Number.NaN)) / 2
}
