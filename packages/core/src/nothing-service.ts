import { checkedDate } from './checked-date.ts'
import { checkedDefinition } from './checked-definition.ts'
import { checkedStream } from './chunks.ts'
import type { InTransaction } from './db-handle.ts'
import { type Duration, durationMs } from './duration.ts'
import { NotFoundError } from './errors.ts'
import type { ListenerOptions, RemoveListener, ServiceListener } from './events.ts'
import type { JobAttempt } from './job.ts'
import type { BundleSpec, BundleState, JobBundle } from './job-bundle.ts'
import {
  descOf,
  type JobDefinition,
  type JobDescs,
  type JobOptions,
  type PayloadInput,
} from './job-definition.ts'
import { type BundleId, checkedId, type JobId } from './job-id.ts'
import { checkedJobType, checkedText } from './job-options.ts'
import type {
  AddResult,
  Health,
  JobFilter,
  JobPage,
  JobQueue,
  Page,
  RunState,
  Stats,
  Status,
} from './job-queue.ts'
import { statsOf } from './job-states.ts'
import { checkedWish } from './job-wish.ts'
import { emptyBundle, prepareBundle } from './prepare-bundle.ts'
import { prepareJob } from './prepare-job.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import { checkedListenerOptions } from './tell-listener.ts'
import type { WorkerInfo } from './worker-info.ts'

/** The service answered by nothing: it refuses what the others refuse, so that a mistake is seen here too, and else lets it be. */
export class NothingService implements JobQueue {
  readonly #closed: () => void

  constructor(closed: () => void) {
    this.#closed = closed
  }

  async add<D extends JobDefinition>(
    definition: D,
    payload: PayloadInput<D>,
    options: JobOptions & InTransaction = {},
  ): Promise<AddResult> {
    const { db: _, ...jobOptions } = options
    const desc = await descOf(checkedDefinition(definition), payload, jobOptions)
    return { id: prepareJob(desc, ORIGIN, 'options').id, status: 'ignored' }
  }

  async addMany(jobs: JobDescs): Promise<readonly AddResult[]> {
    const results: AddResult[] = []
    for await (const desc of checkedStream(jobs))
      results.push({ id: prepareJob(desc, ORIGIN, `jobs[${results.length}]`).id, status: 'ignored' })
    return results
  }

  async addBundle(spec: BundleSpec): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    const { id, sealed } = prepareBundle(spec)
    const jobs = await this.addMany(spec.jobs)
    if (jobs.length === 0 && sealed) throw emptyBundle()
    return { id, jobs }
  }

  async addToBundle(bundleId: BundleId, jobs: JobDescs): Promise<readonly AddResult[]> {
    checkedId(bundleId, 'bundleId')
    return this.addMany(jobs)
  }

  async sealBundle(bundleId: BundleId): Promise<void> {
    checkedId(bundleId, 'bundleId')
  }

  async getJob(jobId: JobId): Promise<null> {
    checkedId(jobId, 'jobId')
    return null
  }

  async getJobs(filter: JobFilter = {}): Promise<JobPage> {
    checkedWish(filter)
    return { jobs: [], next: null }
  }

  async getAttempts(jobId: JobId): Promise<readonly JobAttempt[]> {
    checkedId(jobId, 'jobId')
    return []
  }

  async getWorkers(): Promise<readonly WorkerInfo[]> {
    return []
  }

  async getJobBundle(bundleId: BundleId): Promise<JobBundle | null> {
    checkedId(bundleId, 'bundleId')
    return null
  }

  async getBundleState(bundleId: BundleId): Promise<BundleState> {
    throw new NotFoundError('bundle', checkedId(bundleId, 'bundleId'))
  }

  async getAllJobsToDo(page: Page = {}): Promise<JobPage> {
    return this.getJobs(page)
  }

  async getAllJobsStartedBefore(before: Date, page: Page = {}): Promise<JobPage> {
    checkedDate(before, 'before')
    return this.getJobs(page)
  }

  async getAllJobsWithErrors(page: Page = {}): Promise<JobPage> {
    return this.getJobs(page)
  }

  async getStatus(): Promise<Status> {
    return { numJobs: 0, numJobBundles: 0 }
  }

  async getStats(): Promise<Stats> {
    return statsOf([])
  }

  async getRunState<D extends JobDefinition = JobDefinition>(jobId: JobId): Promise<RunState<D>> {
    throw new NotFoundError('job', checkedId(jobId, 'jobId'))
  }

  async resetJob(jobId: JobId): Promise<boolean> {
    checkedId(jobId, 'jobId')
    return false
  }

  async resetJobs(jobIds: readonly JobId[]): Promise<number> {
    for (const [place, id] of jobIds.entries()) checkedId(id, `jobIds[${place}]`)
    return 0
  }

  async cancelJob(jobId: JobId): Promise<'notFound'> {
    checkedId(jobId, 'jobId')
    return 'notFound'
  }

  async cancelJobBundle(bundleId: BundleId): Promise<null> {
    checkedId(bundleId, 'bundleId')
    return null
  }

  async setJobStart(jobId: JobId, startAt: Date): Promise<boolean> {
    checkedId(jobId, 'jobId')
    checkedDate(startAt, 'startAt')
    return false
  }

  async deleteJob(jobId: JobId): Promise<boolean> {
    checkedId(jobId, 'jobId')
    return false
  }

  async deleteJobBundle(bundleId: BundleId): Promise<boolean> {
    checkedId(bundleId, 'bundleId')
    return false
  }

  async deleteFinishedJobs(options: { olderThan?: Duration | undefined } = {}): Promise<number> {
    refuseUnknown(options, ['olderThan'], 'options')
    durationMs(options.olderThan ?? 0, 'options.olderThan')
    return 0
  }

  async deleteJobsFromOrigin(origin: string): Promise<number> {
    checkedText(origin, 100, 'origin')
    return 0
  }

  async deleteJobsOfType(type: string): Promise<number> {
    checkedJobType(type, 'type')
    return 0
  }

  async deleteJobBundlesFromOrigin(origin: string): Promise<number> {
    checkedText(origin, 100, 'origin')
    return 0
  }

  async deleteJobBundlesOfType(type: string): Promise<number> {
    checkedText(type, 100, 'type')
    return 0
  }

  async deleteAllJobsAndBundles(): Promise<void> {}

  async addListener(_: ServiceListener, options: ListenerOptions = {}): Promise<RemoveListener> {
    checkedListenerOptions(options)
    return async () => {}
  }

  async removeAllListeners(): Promise<void> {}

  async forgetListener(name: string): Promise<boolean> {
    checkedText(name, 100, 'name')
    return false
  }

  /** Nothing is wrong where nothing is there. */
  async health(): Promise<Health> {
    return { status: 'ok', database: 'ok', listen: 'off', oldestWaitingAge: 0, reasons: [] }
  }

  async close(): Promise<void> {
    this.#closed()
  }
}

const ORIGIN = 'unknown'
