import { once } from 'node:events'
import type { BundleId, Job } from '@jq/core'

/**
 * Holds the first job of this bundle that comes along, until its attempt is aborted; lets all others pass.
 *
 * @param bundleId - null: all pass
 * @param told - called when it has one
 */
export function oneHeld(
  bundleId: BundleId | null,
  told: () => void,
): (job: Job, signal: AbortSignal) => Promise<void> {
  let holdsOne = bundleId === null
  return async (job, signal) => {
    if (holdsOne || job.bundleId !== bundleId) return
    holdsOne = true
    told()
    if (!signal.aborted) await once(signal, 'abort')
    signal.throwIfAborted()
  }
}
