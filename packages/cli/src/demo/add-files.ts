import type { BundleId, JobDesc, JobQueue } from '@jq/core'
import { countFileJob } from './count-file-job.ts'
import { textOfName } from './file-name.ts'
import { reportJob } from './report-job.ts'

/** A bundle with one job per file. */
export interface FileBundle {
  readonly id: BundleId
  readonly numJobs: number
}

/** Adds one bundle with a job for each file, in one call, while the files are being listed. */
export async function addFiles(
  queue: JobQueue,
  folder: Buffer,
  files: AsyncIterator<Buffer>,
  signal: AbortSignal,
): Promise<FileBundle> {
  const first = await files.next()
  const empty = first.done === true
  const { id, jobs } = await queue.addBundle({
    type: 'demo',
    origin: 'jobqueue demo',
    jobs: empty ? [] : jobsOf(textOfName(folder), first.value, files, signal),
    whenStopped: [reportJob.with({})],
    // A bundle without a job can only be one that is still open; sealed, it stops at once.
    open: empty,
  })
  if (empty) await queue.sealBundle(id)
  return { id, numJobs: jobs.length }
}

/** How many jobs fail at their first attempt. */
const STUMBLING = 3

async function* jobsOf(
  folder: string,
  first: Buffer,
  others: AsyncIterator<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<JobDesc> {
  let number = 0
  for (let path: Buffer | undefined = first; path !== undefined; path = (await others.next()).value) {
    signal.throwIfAborted()
    yield countFileJob.with({ folder, path: textOfName(path), stumbles: number < STUMBLING })
    number += 1
  }
}
