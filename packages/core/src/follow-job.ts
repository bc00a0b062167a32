import { JobCancelledError, JobFailedError, NotFoundError } from './errors.ts'
import type { Job } from './job.ts'
import type { BundleState, JobBundle } from './job-bundle.ts'
import type { JobDefinition, ResultOf } from './job-definition.ts'
import type { RunState } from './job-queue.ts'
import { refuseUnknown } from './refuse-unknown.ts'

/** Watches for the stop of one job or bundle, until it is left. */
export interface Watched {
  /** Resolves when a look may show something new: an event came, some time has passed, or the signal aborted. */
  changed(): Promise<void>
  leave(): void
}
export interface Watch {
  watch(id: string, signal: AbortSignal | undefined): Watched
}

/**
 * A run's state that can be asked again, and waited for.
 *
 * @throws NotFoundError
 */
export async function runStateOf<D extends JobDefinition>(
  id: string,
  find: (id: string) => Promise<Job | null>,
  watch: Watch,
): Promise<RunState<D>> {
  let job = await read()
  const state: RunState<D> = {
    get job() {
      return job as RunState<D>['job']
    },
    async refresh() {
      job = await read()
      return state
    },
    async waitUntilStopped(options = {}) {
      const signal = signalOf(options)
      const stopped = await watching(watch, job.id, signal, async () => {
        await state.refresh()
        return job.stoppedAt === null ? undefined : job
      })
      return resultOf<D>(stopped)
    },
  }
  return state

  async function read(): Promise<Job> {
    const found = await find(id)
    if (found === null) throw new NotFoundError('job', id)
    return found
  }
}

function resultOf<D extends JobDefinition>(job: Job): ResultOf<D> {
  if (job.state === 'succeeded') return job.result as ResultOf<D>
  throw job.state === 'cancelled' ? new JobCancelledError(job) : new JobFailedError(job)
}

/**
 * A bundle's state that can be asked again, and waited for.
 *
 * @throws NotFoundError
 */
export async function bundleStateOf(
  id: string,
  find: (id: string) => Promise<Omit<JobBundle, 'jobs'> | null>,
  watch: Watch,
): Promise<BundleState> {
  let bundle = await read()
  const state: BundleState = {
    get bundle() {
      return bundle
    },
    async refresh() {
      bundle = await read()
      return state
    },
    async waitUntilStopped(options = {}) {
      const signal = signalOf(options)
      const epoch = bundle.epoch + (bundle.stoppedAt === null ? 1 : 0)
      return watching(watch, bundle.id, signal, async () => {
        await state.refresh()
        // A member that was reset at once may have reopened it: its stop has been, all the same.
        return bundle.stoppedAt !== null || bundle.epoch >= epoch ? bundle : undefined
      })
    },
  }
  return state

  async function read(): Promise<Omit<JobBundle, 'jobs'>> {
    const found = await find(id)
    if (found === null) throw new NotFoundError('bundle', id)
    return found
  }
}

function signalOf(options: { signal?: AbortSignal | undefined }): AbortSignal | undefined {
  refuseUnknown(options, ['signal'], 'options')
  return options.signal
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
  const watched = watch.watch(id, signal)
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
