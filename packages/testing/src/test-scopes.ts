import type { BundleSpec, JobDesc } from '@jq/core'
import { type InlineWorker, withTestScope } from '@jq/core/internal'

/**
 * Inside `fn`, and only in its asynchronous context, what is added runs at once by this worker's handlers: nothing is stored,
 * nothing is retried, and the first error is thrown to whoever added. The status is 'ran'. Members of a bundle run one after the
 * other; then its `whenStopped` jobs run, and listeners get the bundle from memory. Starts and unique keys are not looked at.
 *
 * @param worker - needs no threads
 * @throws InvalidInputError with reason `no_handler`, from the `add` of a type that this worker does not know
 * @example
 * await withSynchronousJobs(worker, () => signUp('ada@example.com'))
 * expect(sent).toEqual(['Welcome, Ada'])
 */
export function withSynchronousJobs<T>(worker: InlineWorker, fn: () => Promise<T>): Promise<T> {
  return withTestScope({ worker }, fn)
}

/**
 * Inside `fn`, and only in its asynchronous context, jobs for which `ignore` says true are checked and then not added, members of
 * bundles included; a bundle of which no member is left is ignored as a whole. The status is 'ignored'.
 *
 * @example
 * await withIgnoredJobs(({ type }) => type === 'send-mail', () => signUp('ada@example.com'))
 */
export function withIgnoredJobs<T>(ignore: (job: JobDesc) => boolean, fn: () => Promise<T>): Promise<T> {
  return withTestScope({ ignoresJob: ignore }, fn)
}

/**
 * Inside `fn`, and only in its asynchronous context, bundles for which `ignore` says true are checked and then not added, nor are
 * their members, then or later.
 */
export function withIgnoredBundles<T>(
  ignore: (bundle: BundleSpec) => boolean,
  fn: () => Promise<T>,
): Promise<T> {
  return withTestScope({ ignoresBundle: ignore }, fn)
}
