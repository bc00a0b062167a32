import type { InvalidInputError, Job } from '@jq/core'
import { type ClaimedJob, type ClaimedType, storedJson } from '@jq/core/internal'
import { dateOf, dateOrNull } from './read-date.ts'
import type { StepRow } from './step.ts'

/** What is the same for all jobs of one claim. */
export interface ClaimMoment {
  readonly workerId: string
  /** Milliseconds since 1970, as the database told them. */
  readonly startedAt: string
  readonly aliveAt: string | null
}

/** A claim as its row tells it. Its job, with all its dates, is made for those who look at it. */
export class ClaimedRow implements ClaimedJob {
  readonly seq: string
  readonly attempt: number
  readonly type: string
  readonly payload: unknown
  readonly unreadable: InvalidInputError | undefined
  readonly ahead: number | null
  readonly #row: StepRow
  readonly #moment: ClaimMoment
  readonly #handler: ClaimedType

  /** @param handler - the settings of its type, as the claim named them: they count where the job has none */
  constructor(row: StepRow, moment: ClaimMoment, handler: ClaimedType) {
    const { value, refusal } = storedJson(row.payload, 'payload')
    this.seq = row.seq
    this.attempt = row.attempt
    this.type = row.type
    this.payload = value
    this.unreadable = refusal
    this.ahead = row.ahead === null ? null : Number(row.ahead)
    this.#row = row
    this.#moment = moment
    this.#handler = handler
  }

  get jobId(): string {
    return this.#row.id
  }

  get priority(): number {
    return this.#row.priority ?? 0
  }

  get crashCount(): number {
    return this.#row.crashes ?? 0
  }

  get bundleId(): string | null {
    return this.#row.bundle_id
  }

  get keyed(): boolean {
    return this.#row.unique_key !== null || this.#row.schedule_name !== null
  }

  get payloadVersion(): number {
    return this.#row.payload_version ?? 1
  }

  get timeoutMs(): number {
    return Number(this.#row.timeout_ms ?? Math.ceil(this.#handler.timeoutMs))
  }

  get retriesError(): boolean {
    const max = this.#row.max_retry_count ?? this.#handler.maxRetryCount
    return max === -1 || (this.#row.retries ?? 0) < max
  }

  get retriesTimeout(): boolean {
    const max = this.#row.max_timeout_retry_count ?? this.#handler.maxTimeoutRetryCount
    return max === -1 || (this.#row.timeout_retries ?? 0) < max
  }

  get job(): Job {
    const row = this.#row
    const { workerId, startedAt, aliveAt } = this.#moment
    return {
      id: row.id,
      bundleId: row.bundle_id,
      afterBundleId: row.after_bundle_id,
      type: row.type,
      state: 'running',
      payload: this.payload,
      priority: this.priority,
      origin: row.origin,
      uniqueKey: row.unique_key,
      groupKey: row.group_key,
      attempt: row.attempt,
      maxRetryCount: row.max_retry_count,
      currentRetryCount: row.retries ?? 0,
      maxTimeoutRetryCount: row.max_timeout_retry_count,
      timeoutMs: row.timeout_ms === null ? null : Number(row.timeout_ms),
      currentTimeoutRetryCount: row.timeout_retries ?? 0,
      crashCount: this.crashCount,
      startAt: dateOrNull(row.start_at),
      startedAt: dateOf(startedAt),
      workerAliveAt: dateOrNull(aliveAt),
      stoppedAt: null,
      cancelRequestedAt: null,
      workerId,
      scheduleName: row.schedule_name,
      scheduleKey: row.schedule_key,
      progress: null,
      errorMsg: null,
      errorData: null,
      result: null,
      createdAt: dateOf(row.created_at),
      updatedAt: dateOf(startedAt),
    }
  }
}
