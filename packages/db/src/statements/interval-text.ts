/**
 * A length of time as the server reads it, in hours and milliseconds: PostgreSQL 14 refuses a field of an interval beyond 2^31, which
 * the milliseconds of 25 days are. Days would be of 23 or 25 hours at times.
 */
export function intervalText(ms: number): string {
  const hours = Math.trunc(ms / HOUR_MS)
  return `${hours} hours ${ms - hours * HOUR_MS} milliseconds`
}

const HOUR_MS = 3_600_000
