import { addOptions, handleOf, type ResetOptions, resetOptions } from './call-options.ts'
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
import { type BundleId, checkedId, checkedIds, type JobId } from './job-id.ts'
import { type JobLimit, prepareLimit, typeOf } from './job-limit.ts'
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
import type { JobTypeState } from './job-type-state.ts'
import { checkedPage, checkedToDo, checkedWish } from './job-wish.ts'
import type { LogPage } from './log-line.ts'
import { checkedLogWish } from './log-wish.ts'
import { emptyBundle, prepareBundle } from './prepare-bundle.ts'
import { prepareJob } from './prepare-job.ts'
import { checkedScheduleKey, prepareSchedule, prepareSchedules } from './prepare-schedule.ts'
import { refuseUnknown } from './refuse-unknown.ts'
import type { Schedule, ScheduleFilter, SchedulePage, ScheduleSpec } from './schedule.ts'
import { checkedScheduleWish } from './schedule-wish.ts'
import { checkedListener } from './tell-listener.ts'
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
    const { jobOptions } = addOptions(options)
    const desc = await descOf(checkedDefinition(definition), payload, jobOptions)
    return { id: prepareJob(desc, ORIGIN, 'options').id, status: 'ignored' }
  }

  async addMany(jobs: JobDescs, options: InTransaction = {}): Promise<readonly AddResult[]> {
    handleOf(options)
    const results: AddResult[] = []
    for await (const desc of checkedStream(jobs))
      results.push({ id: prepareJob(desc, ORIGIN, `jobs[${results.length}]`).id, status: 'ignored' })
    return results
  }

  async addBundle(
    spec: BundleSpec,
    options: InTransaction = {},
  ): Promise<{ id: BundleId; jobs: readonly AddResult[] }> {
    handleOf(options)
    const { id, sealed } = prepareBundle(spec)
    const jobs = await this.addMany(spec.jobs)
    if (jobs.length === 0 && sealed) throw emptyBundle()
    return { id, jobs }
  }

  async addToBundle(
    bundleId: BundleId,
    jobs: JobDescs,
    options: InTransaction = {},
  ): Promise<readonly AddResult[]> {
    checkedId(bundleId, 'bundleId')
    return this.addMany(jobs, options)
  }

  async sealBundle(bundleId: BundleId, options: InTransaction = {}): Promise<void> {
    handleOf(options)
    checkedId(bundleId, 'bundleId')
  }

  async getJob(jobId: JobId, as?: JobDefinition): Promise<null> {
    checkedId(jobId, 'jobId')
    if (as !== undefined) checkedDefinition(as, 'as')
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

  async getLog(jobId: JobId, page: Page = {}): Promise<LogPage> {
    checkedId(jobId, 'jobId')
    checkedLogWish(page)
    return { lines: [], next: null }
  }

  async getTypes(): Promise<readonly JobTypeState[]> {
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
    checkedToDo(page)
    return { jobs: [], next: null }
  }

  async getAllJobsStartedBefore(before: Date, page: Page = {}): Promise<JobPage> {
    checkedDate(before, 'before')
    return this.getJobs(checkedPage(page))
  }

  async getAllJobsWithErrors(page: Page = {}): Promise<JobPage> {
    return this.getJobs(checkedPage(page))
  }

  async getStatus(): Promise<Status> {
    return { numJobs: 0, numJobBundles: 0 }
  }

  async getStats(): Promise<Stats> {
    return statsOf([])
  }

  async getRunState<D extends JobDefinition = JobDefinition>(jobId: JobId, as?: D): Promise<RunState<D>> {
    await this.getJob(jobId, as)
    throw new NotFoundError('job', checkedId(jobId, 'jobId'))
  }

  async resetJob(jobId: JobId, options: ResetOptions = {}): Promise<boolean> {
    resetOptions(options)
    checkedId(jobId, 'jobId')
    return false
  }

  async resetJobs(jobIds: readonly JobId[], options: ResetOptions = {}): Promise<number> {
    resetOptions(options)
    checkedIds(jobIds, 'jobIds')
    return 0
  }

  async cancelJob(jobId: JobId, options: InTransaction = {}): Promise<'notFound'> {
    handleOf(options)
    checkedId(jobId, 'jobId')
    return 'notFound'
  }

  async cancelJobBundle(bundleId: BundleId, options: InTransaction = {}): Promise<null> {
    handleOf(options)
    checkedId(bundleId, 'bundleId')
    return null
  }

  async setJobStart(jobId: JobId, startAt: Date, options: InTransaction = {}): Promise<boolean> {
    handleOf(options)
    checkedId(jobId, 'jobId')
    checkedDate(startAt, 'startAt')
    return false
  }

  async deleteJob(jobId: JobId, options: InTransaction = {}): Promise<boolean> {
    handleOf(options)
    checkedId(jobId, 'jobId')
    return false
  }

  async deleteJobBundle(bundleId: BundleId, options: InTransaction = {}): Promise<boolean> {
    handleOf(options)
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

  async pause(job: JobDefinition | string): Promise<void> {
    typeOf(job)
  }

  async resume(job: JobDefinition | string): Promise<void> {
    typeOf(job)
  }

  async setLimit(job: JobDefinition | string, limit: JobLimit | null): Promise<void> {
    typeOf(job)
    prepareLimit(limit)
  }

  async schedule(spec: ScheduleSpec, options: InTransaction = {}): Promise<Schedule> {
    handleOf(options)
    const { name, key } = prepareSchedule(spec)
    const never = {
      nextRunAt: null,
      lastRunAt: null,
      lastSuccessAt: null,
      lastFailureAt: null,
      lastJobId: null,
    }
    return { ...never, spec, name, key, consecutiveFailures: 0, successCount: 0, pausedAt: null }
  }

  async getSchedule(name: string, key?: string): Promise<Schedule | null> {
    checkedScheduleKey(name, key)
    return null
  }

  async getSchedules(filter: ScheduleFilter = {}): Promise<SchedulePage> {
    checkedScheduleWish(filter)
    return { schedules: [], next: null }
  }

  async syncSchedules(
    owner: string,
    specs: readonly ScheduleSpec[],
  ): Promise<{ added: number; changed: number; removed: number }> {
    prepareSchedules(owner, specs)
    return { added: 0, changed: 0, removed: 0 }
  }

  async cancelSchedule(name: string, key?: string): Promise<'notFound'> {
    checkedScheduleKey(name, key)
    return 'notFound'
  }

  async pauseSchedule(name: string, key?: string): Promise<boolean> {
    checkedScheduleKey(name, key)
    return false
  }

  async resumeSchedule(name: string, key?: string): Promise<boolean> {
    checkedScheduleKey(name, key)
    return false
  }

  async unschedule(name: string, key?: string): Promise<boolean> {
    checkedScheduleKey(name, key)
    return false
  }

  async addListener(listener: ServiceListener, options: ListenerOptions = {}): Promise<RemoveListener> {
    checkedListener(listener, options)
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
