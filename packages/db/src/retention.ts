import type { Duration } from '@jq/core'
import { durationMs, refuseUnknown } from '@jq/core/internal'

export interface RetentionOptions {
  /** Jobs that succeeded, and bundles whose members all did, from their stop on. @defaultValue '7d' */
  succeeded?: Duration | undefined
  /** Jobs that failed, were cancelled or are dead, and bundles with such members. @defaultValue '30d' */
  failed?: Duration | undefined
  /** Unfinished jobs, and schedules, of types that no worker has known for this long; less than an hour counts as one. @defaultValue off */
  orphaned?: Duration | undefined
}

/** The same with its defaults, checked. */
export interface Retention {
  readonly succeededMs: number
  readonly failedMs: number
  /** Null: orphans stay. */
  readonly orphanedMs: number | null
}

const KEYS = ['succeeded', 'failed', 'orphaned'] as const satisfies (keyof RetentionOptions)[]

/** @throws InvalidInputError */
export function checkedRetention(given: RetentionOptions, path: string): Retention {
  refuseUnknown(given, KEYS, path)
  const { succeeded = '7d', failed = '30d', orphaned } = given
  return {
    succeededMs: durationMs(succeeded, `${path}.succeeded`),
    failedMs: durationMs(failed, `${path}.failed`),
    orphanedMs: orphaned === undefined ? null : durationMs(orphaned, `${path}.orphaned`),
  }
}
