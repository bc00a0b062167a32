/** The middle one; of an even number the mean of the two in the middle. NaN where there is none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length / 2
  if (Number.isInteger(middle))
    return ((sorted[middle - 1] ?? Number.NaN) + (sorted[middle] ?? Number.NaN)) / 2
  return sorted[Math.floor(middle)] as number
}

/** The smallest value that so many percent of them do not exceed. NaN where there is none. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)] ?? Number.NaN
}

export interface PairedRatio {
  readonly median: number
  readonly min: number
  readonly max: number
}

/**
 * The ratios of what was measured in the same round, since the machine's load differs from round to round. A round that lacks
 * one of the two says nothing.
 */
export function pairedRatio(of: readonly number[], to: readonly number[]): PairedRatio {
  const ratios = of
    .map((value, round) => value / (to[round] ?? Number.NaN))
    .filter((ratio) => !Number.isNaN(ratio))
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) }
}
