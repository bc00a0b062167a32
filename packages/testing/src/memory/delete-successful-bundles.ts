import { idAfter } from './count-members.ts'
import type { NamedListeners } from './named-listeners.ts'
import { deleteBundle } from './operate-jobs.ts'
import type { BundleRow } from './rows.ts'
import type { Tables } from './tables.ts'

/** An id is recognised only while its row exists: nothing that stopped goes before. */
const A_MINUTE = 60_000

/** Deletes bundles that asked for it: stopped without an error, had by every named listener, followed up by their whenStopped jobs. */
export function deleteSuccessfulBundles(tables: Tables, named: NamedListeners): void {
  for (const bundle of [...tables.bundles.values()]) {
    const { id, deleteOnSuccess, stoppedAt, numFailed } = bundle
    if (!deleteOnSuccess || stoppedAt === null || numFailed > 0) continue
    if (stoppedAt >= tables.now - A_MINUTE || hasFollowers(tables, bundle)) continue
    if (!named.awaits(({ event }) => bundleOf(tables, event) === id)) deleteBundle(tables, id)
  }
}

function hasFollowers(tables: Tables, { id, epoch, whenStopped }: BundleRow): boolean {
  const epochs = Array.from({ length: epoch }, (_, past) => past + 1)
  return epochs.some((past) =>
    whenStopped.some((_, place) => {
      const job = tables.jobOf(idAfter(id, past, place + 1))
      return job !== undefined && !tables.stopped.has(job.seq)
    }),
  )
}

function bundleOf(tables: Tables, event: object): string | null | undefined {
  if ('bundleId' in event) return event.bundleId as string | null
  return 'jobId' in event ? tables.jobOf(event.jobId as string)?.bundleId : undefined
}
