import { createHash } from 'node:crypto'
import type { PreparedJob } from '@jq/core/internal'
import type { BundleRow } from './rows.ts'
import { storeJobs } from './store-jobs.ts'
import type { Tables } from './tables.ts'

/** By how much a bundle's counts rise or fall. */
export interface Moved {
  readonly jobs?: number
  readonly stopped?: number
  readonly failed?: number
}

/** The one place where a bundle's counts change. The call that brings a sealed bundle to its end stops it. */
export function countMembers(
  tables: Tables,
  bundleId: string | null,
  { jobs = 0, stopped = 0, failed = 0 }: Moved,
): void {
  const bundle = bundleId === null ? undefined : tables.bundles.get(bundleId)
  if (bundle === undefined) return
  update(tables, bundle, {
    ...bundle,
    numJobs: bundle.numJobs + jobs,
    numStopped: bundle.numStopped + stopped,
    numFailed: bundle.numFailed + failed,
  })
}

/** Closes a bundle for members; it stops here and now if all it has have stopped, or if it has none. False: no such bundle. */
export function sealBundle(tables: Tables, bundleId: string): boolean {
  const bundle = tables.bundles.get(bundleId)
  if (bundle === undefined) return false
  if (!bundle.sealed) update(tables, bundle, { ...bundle, sealed: true })
  return true
}

function update(tables: Tables, before: BundleRow, counted: BundleRow): void {
  const stops = counted.sealed && counted.numStopped === counted.numJobs
  const justStopped = stops && before.stoppedAt === null
  const bundle = {
    ...counted,
    updatedAt: tables.now,
    stoppedAt: stops ? (before.stoppedAt ?? tables.now) : null,
    epoch: before.epoch + (justStopped ? 1 : 0),
  }
  tables.bundles.set(bundle.id, bundle)
  if (justStopped) tellStopped(tables, bundle)
}

/** What belongs to the stop of a bundle: its whenStopped jobs and its one event. */
function tellStopped(tables: Tables, { id, type, origin, epoch, numFailed, whenStopped }: BundleRow): void {
  const jobs = whenStopped.map((job, place): PreparedJob => ({ ...job, id: idAfter(id, epoch, place + 1) }))
  storeJobs(tables, jobs, { afterBundleId: id })
  tables.tell({ kind: 'bundle', bundleId: id, bundleType: type, origin, epoch, hasError: numFailed > 0 })
}

/** Derives from bundle, epoch and place (version 8 of RFC 9562), so that no epoch can add its jobs twice. */
export function idAfter(bundleId: string, epoch: number, place: number): string {
  const hex = createHash('md5').update(`${bundleId}/${epoch}/${place}`).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`
}
