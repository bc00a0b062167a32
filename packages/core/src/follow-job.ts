import { JobCancelledError, JobFailedError, NotFoundError } from './errors.ts'
import type { Job } from './job.ts'
import type { BundleState, JobBundle } from './job-bundle.ts'
import type { JobDefinition, ResultOf } from './job-definition.ts'
import type { RunState } from './job-queue.ts'

/** Watches for the stop of one job or bundle, until it is left. */
export interface Watched {
  /** Resolves when a look may show something new: an event came, some time has passed, or the signal aborted. */
  changed(): Promise<void>
  leave(): void
}
export type Watch = (id: string, signal: AbortSignal | undefined) => Watched

/** A run's state that can be asked again, and waited for. */
export function runStateOf<D extends JobDefinition>(
  first: Job,
  read: (id: string) => Promise<Job | null>,
  watch: Watch,
): RunState<D> {
  let job = first
  const state: RunState<D> = {
    get job() {
      return job as RunState<D>['job']
    },
    async refresh() {
      const now = await read(job.id)
      if (now === null) throw new NotFoundError('job', job.id)
      job = now
      return state
    },
    async waitUntilStopped({ signal } = {}) {
      const stopped = await watching(watch, job.id, signal, async () => {
        await state.refresh()
        return job.stoppedAt === null ? undefined : job
      })
      return resultOf<D>(stopped)
    },
  }
  return state
}

function resultOf<D extends JobDefinition>(job: Job): ResultOf<D> {
  if (job.state === 'succeeded') return job.result as ResultOf<D>
  throw job.state === 'cancelled' ? new JobCancelledError(job) : new JobFailedError(job)
}

/** A bundle's state that can be asked again, and waited for. */
export function bundleStateOf(
  first: Omit<JobBundle, 'jobs'>,
  read: (id: string) => Promise<Omit<JobBundle, 'jobs'> | null>,
  watch: Watch,
): BundleState {
  let bundle = first
  const state: BundleState = {
    get bundle() {
      return bundle
    },
    async refresh() {
      const now = await read(bundle.id)
      if (now === null) throw new NotFoundError('bundle', bundle.id)
      bundle = now
      return state
    },
    async waitUntilStopped({ signal } = {}) {
      const epoch = bundle.epoch + (bundle.stoppedAt === null ? 1 : 0)
      return watching(watch, bundle.id, signal, async () => {
        await state.refresh()
        // A member that was reset at once may have reopened it: its stop has been, all the same.
        return bundle.stoppedAt !== null || bundle.epoch >= epoch ? bundle : undefined
      })
    },
  }
  return state
}

/** Looks until something is found; whoever finds it at once has not watched. */
async function watching<Found>(
  watch: Watch,
  id: string,
  signal: AbortSignal | undefined,
  look: () => Promise<Found | undefined>,
): Promise<Found> {
  signal?.throwIfAborted()
  const atOnce = await look()
  if (atOnce !== undefined) return atOnce
  const watched = watch(id, signal)
  try {
    for (;;) {
      await watched.changed()
      signal?.throwIfAborted()
      const found = await look()
      if (found !== undefined) return found
    }
  } finally {
    watched.leave()
  }
}
