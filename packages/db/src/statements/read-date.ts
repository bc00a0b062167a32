/** A moment that the database wrote as milliseconds since 1970. */
export function dateOf(ms: string): Date {
  return new Date(Number(ms))
}

export function dateOrNull(ms: string | null): Date | null {
  return ms === null ? null : dateOf(ms)
}
