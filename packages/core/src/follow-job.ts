import { JobCancelledError, JobFailedError, NotFoundError } from './errors.ts'
import type { Job } from './job.ts'
import type { BundleState, JobBundle } from './job-bundle.ts'
import type { JobDefinition, ResultOf } from './job-definition.ts'
import type { RunState } from './job-queue.ts'

/** Resolves when the condition may have changed: an event came, some time has passed, or the signal aborted. */
export type Changed = (id: string, tries: number, signal: AbortSignal | undefined) => Promise<void>

/** A run's state that can be asked again, and waited for. */
export function runStateOf<D extends JobDefinition>(
  first: Job,
  read: (id: string) => Promise<Job | null>,
  changed: Changed,
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
      for (let tries = 0; ; tries++) {
        signal?.throwIfAborted()
        await state.refresh()
        if (job.stoppedAt !== null) return resultOf<D>(job)
        await changed(job.id, tries, signal)
      }
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
  changed: Changed,
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
      for (let tries = 0; ; tries++) {
        signal?.throwIfAborted()
        await state.refresh()
        // A member that was reset at once may have reopened it: its stop has been, all the same.
        if (bundle.stoppedAt !== null || bundle.epoch >= epoch) return bundle
        await changed(bundle.id, tries, signal)
      }
    },
  }
  return state
}
