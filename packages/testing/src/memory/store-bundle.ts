import { BundleSealedError, BundleStoppedError, NotFoundError } from '@jq/core'
import type { PreparedBundle, PreparedJob } from '@jq/core/internal'
import { countMembers, sealBundle } from './count-members.ts'
import { type Belonging, type Stored, storeJobs } from './store-jobs.ts'
import type { Tables } from './tables.ts'

/** Adds a bundle with all its members; null: a bundle of this id exists. */
export function storeBundle(
  tables: Tables,
  bundle: PreparedBundle,
  jobs: readonly PreparedJob[],
): Stored[] | null {
  const { id, type, origin, startAt, sealed, whenStopped, deleteOnSuccess } = bundle
  if (tables.bundles.has(id)) return null
  const { now } = tables
  const counts = { numJobs: 0, numStopped: 0, numFailed: 0, epoch: 0 }
  tables.bundles.set(id, {
    id,
    type,
    origin,
    whenStopped,
    deleteOnSuccess,
    ...counts,
    sealed: false,
    createdAt: now,
    updatedAt: now,
    stoppedAt: null,
  })
  const stored = storeCounted(tables, id, jobs, { notBefore: startAt?.getTime() ?? null })
  if (sealed) sealBundle(tables, id)
  return stored
}

/** @throws NotFoundError, BundleStoppedError, BundleSealedError */
export function storeMembers(tables: Tables, bundleId: string, jobs: readonly PreparedJob[]): Stored[] {
  const bundle = tables.bundles.get(bundleId)
  if (bundle === undefined) throw new NotFoundError('bundle', bundleId)
  if (bundle.stoppedAt !== null) throw new BundleStoppedError(bundleId)
  if (bundle.sealed) throw new BundleSealedError(bundleId)
  return storeCounted(tables, bundleId, jobs, {})
}

function storeCounted(
  tables: Tables,
  bundleId: string,
  jobs: readonly PreparedJob[],
  belonging: Belonging,
): Stored[] {
  const stored = storeJobs(tables, jobs, { ...belonging, bundleId })
  countMembers(tables, bundleId, { jobs: stored.filter(({ added }) => added).length })
  return stored
}
