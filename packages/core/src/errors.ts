import type { Job } from './job.ts'
import type { JobId } from './job-id.ts'
import type { Json } from './json.ts'

/** Every error thrown by this product. `code` is stable; `message` says what happened and what to do next. */
export abstract class JobQueueError extends Error {
  abstract readonly code: string

  override get name(): string {
    return this.constructor.name
  }
}

/** `jobqueue` was used before this process or context had a service. Call `setDefaultService(createJobQueue(…))` first. */
export class NotInitializedError extends JobQueueError {
  readonly code = 'not_initialized'

  constructor() {
    super(
      'There is no job queue here yet. Call setDefaultService(createJobQueue({ connectionString })) at start-up, or run the code inside runWithService(queue, fn).',
    )
  }
}

/** The queue was closed. Make a new one with `createJobQueue`; a closed one does not come back. */
export class ClosedError extends JobQueueError {
  readonly code = 'closed'

  constructor() {
    super(
      'This job queue has been closed. Make a new one with createJobQueue; close() belongs at the very end of the process.',
    )
  }
}

/** Input that cannot be accepted; nothing was sent to the database. `reason` says what is wrong, `path` where. */
export class InvalidInputError extends JobQueueError {
  readonly code = 'invalid_input'
  readonly reason: string
  readonly path: string

  constructor(reason: string, path: string, explanation: string) {
    super(`${path}: ${explanation} (${reason})`)
    this.reason = reason
    this.path = path
  }
}

/** The database's schema is missing, too old or too new for this version. The message names the command that mends it. */
export class NotMigratedError extends JobQueueError {
  readonly code = 'not_migrated'
}

/**
 * The database refuses this to the role that the queue connects as. The message says what was refused; `cause` is the server's own
 * error. Connect as a role that may, or have the schema's owner run `jobqueue migrate grants`.
 */
export class PermissionDeniedError extends JobQueueError {
  readonly code = 'permission_denied'

  constructor(refusal: string, cause: unknown) {
    super(
      `The database says: ${refusal}. The rights come from npx jobqueue migrate grants, run by the owner of the schema after each migration: a producer adds, a reader reads and listens, a worker also claims and settles, an admin also cancels, resets and deletes; only the owner migrates. Connect as a role that may.`,
      { cause },
    )
  }
}

/** The job is being worked on, and the call would give it two owners. Cancel it first, or wait. */
export class JobRunningError extends JobQueueError {
  readonly code = 'job_running'

  constructor(jobId: JobId) {
    super(
      `Job ${jobId} is running. Wait until it has stopped, or pass { ifRunning: 'cancel' } to abort it first.`,
    )
  }
}

/**
 * This attempt no longer owns its job: its lease lapsed, or somebody deleted or reset the job.
 *
 * Stop the work. Do not retry: another worker has the job, or will.
 */
export class AttemptLostError extends JobQueueError {
  readonly code = 'attempt_lost'
  readonly jobId: JobId
  readonly attempt: number

  constructor(jobId: JobId, attempt: number) {
    super(
      `Attempt ${attempt} of job ${jobId} is over: its lease lapsed and it was reaped, or the job was reset or deleted. Its writes are refused; another worker has the job, or will.`,
    )
    this.jobId = jobId
    this.attempt = attempt
  }
}

/** Members cannot be added: the bundle was sealed. Add them before `sealBundle`, or add another bundle. */
export class BundleSealedError extends JobQueueError {
  readonly code = 'bundle_sealed'

  constructor(bundleId: string) {
    super(
      `Bundle ${bundleId} is sealed. Members can be added to a bundle made with { open: true } until sealBundle is called.`,
    )
  }
}

/** Nothing with this id exists: it never did, or it was deleted. */
export class NotFoundError extends JobQueueError {
  readonly code = 'not_found'

  constructor(what: 'job' | 'bundle', id: string) {
    super(
      `There is no ${what} ${id}. It was deleted, its retention has passed, or the id belongs to another schema.`,
    )
  }
}

/** The reason of a handler's aborted signal. */
export class AttemptAbortedError extends JobQueueError {
  readonly code = 'attempt_aborted'
  readonly reason: 'timeout' | 'cancelled' | 'shutdown' | 'attemptLost'

  constructor(reason: AttemptAbortedError['reason']) {
    super(ABORTED[reason])
    this.reason = reason
  }
}

const ABORTED: Readonly<Record<AttemptAbortedError['reason'], string>> = {
  timeout:
    'The attempt took longer than its timeout. Stop the work; the job is tried again if its limits allow.',
  cancelled: 'The job was cancelled. Stop the work; it is not tried again.',
  shutdown:
    'This worker is stopping. Stop the work; the job goes back and another worker takes it, at no cost.',
  attemptLost: 'This attempt no longer owns its job. Stop the work; whatever it writes is refused.',
}

/** Members cannot be added: the bundle has stopped. Add another bundle. */
export class BundleStoppedError extends JobQueueError {
  readonly code = 'bundle_stopped'

  constructor(bundleId: string) {
    super(`Bundle ${bundleId} has stopped; what is added now would come after its end. Add another bundle.`)
  }
}

/** The connection died while the database was committing, and stayed away. Repeating the call with the same `id` is safe. */
export class UnknownCommitError extends JobQueueError {
  readonly code = 'commit_unknown'
  readonly id: string

  constructor(id: string, cause: unknown) {
    super(
      `The connection was lost while ${id} was being committed, and the database could not be asked since. It may or may not be there: repeat the call with this id, and there will be one.`,
      { cause },
    )
    this.id = id
  }
}

/** Somebody's open transaction held the job's unique key for half a minute; the job was not added. Add it again later. */
export class KeyHeldError extends JobQueueError {
  readonly code = 'key_held'
  readonly id: string
  readonly uniqueKey: string

  constructor(id: string, uniqueKey: string, cause: unknown) {
    super(
      `Job ${id} was not added: a transaction that is still open holds its unique key ${JSON.stringify(uniqueKey)}. Add it again once that transaction has ended; pg_stat_activity shows which ones are old.`,
      { cause },
    )
    this.id = id
    this.uniqueKey = uniqueKey
  }
}

/** The job that was waited for failed for good; `job.errorMsg` says why. */
export class JobFailedError extends JobQueueError {
  readonly code = 'job_failed'
  readonly job: Job

  constructor(job: Job) {
    super(`Job ${job.id} of type ${job.type} ${job.state === 'dead' ? 'is dead' : 'failed'}: ${job.errorMsg}`)
    this.job = job
  }
}

/** The job that was waited for was cancelled. */
export class JobCancelledError extends JobQueueError {
  readonly code = 'job_cancelled'
  readonly job: Job

  constructor(job: Job) {
    super(`Job ${job.id} of type ${job.type} was cancelled.`)
    this.job = job
  }
}

/** Names what a thrown error means to a worker, whichever copy of this package, in whichever thread or process, it was made by. */
const thrownKind = Symbol.for('jobqueue.thrownKind')

/** Thrown by handlers to keep data with the failure; retried as the job's limits say. */
export class JobError extends Error {
  readonly data: Json | undefined

  constructor(message: string, options: { data?: Json; cause?: unknown } = {}) {
    super(message, 'cause' in options ? { cause: options.cause } : undefined)
    this.data = options.data
  }

  override get name(): string {
    return this.constructor.name
  }

  static {
    Object.defineProperty(JobError.prototype, thrownKind, { value: 'job' })
  }
}

/** Thrown by handlers when trying again cannot help: the job fails at once, whatever retries are left. */
export class TerminalJobError extends JobError {
  static {
    Object.defineProperty(TerminalJobError.prototype, thrownKind, { value: 'terminal' })
  }
}
