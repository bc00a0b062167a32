/** What one check of {@link doctor} has to say. */
export interface Finding {
  /** Stable, for programs: `listen`, `unhandled-types`. */
  readonly check: string
  /**
   * All is well; something was found; there was nothing to look at, or no need; or it could not be looked at, which is no good news
   * either.
   */
  readonly verdict: 'well' | 'found' | 'skipped' | 'unseen'
  /** A sentence or a few. */
  readonly message: string
  /** What to do; null: nothing. */
  readonly remedy: string | null
}

/** A finding before it is known which check it is of. */
export type Verdict = Omit<Finding, 'check'>

export function well(message: string): Verdict {
  return { verdict: 'well', message, remedy: null }
}

export function found(message: string, remedy: string): Verdict {
  return { verdict: 'found', message, remedy }
}

export function skipped(message: string): Verdict {
  return { verdict: 'skipped', message, remedy: null }
}
