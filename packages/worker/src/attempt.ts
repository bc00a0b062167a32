import {
  AttemptAbortedError,
  AttemptLostError,
  type Job,
  type Logger,
  SnoozeJob,
  TerminalJobError,
  type WorkService,
} from '@jq/core'
import {
  type AttemptKey,
  type ClaimedJob,
  checkedResult,
  jsonText,
  loggedError,
  type Outcome,
  parsedPayload,
  presentPayload,
  type RetryTime,
} from '@jq/core/internal'
import type { Transaction } from 'kysely'
import type { ClientBase } from 'pg'
import { AttemptContext } from './attempt-context.ts'
import { GRACE_MS } from './grace.ts'
import type { HandlerContext } from './handler.ts'
import { HandlerLog } from './handler-log.ts'
import type { RegisteredHandler } from './handlers.ts'
import { jobLogger } from './job-logger.ts'
import type { Observers } from './observers.ts'
import { asError, isA, recordedError } from './recorded-error.ts'
import { retryTime } from './retry-time.ts'

export type AbortReason = AttemptAbortedError['reason']

export interface AttemptSurroundings {
  readonly work: Pick<WorkService, 'run' | 'setProgress' | 'writeLog' | 'transaction'>
  readonly workerId: string
  readonly logger: Logger
  readonly onError: (error: Error) => void
  /** Unsaid: nobody is told. */
  readonly observers?: Observers | undefined
}

/** Who is told of an attempt's two ends. */
export interface AttemptEnds {
  /** Its outcome is known; null where nothing is to be written, since it is lost or has settled itself. */
  judged(attempt: Attempt, outcome: Outcome | null): void
  /** And its handler has returned: its thread is free. */
  over(attempt: Attempt): void
}

/**
 * One run of a handler: from its claim to an outcome, which may come before the handler ends, if that one does not listen. What needs
 * no waiting is done at once, and nothing is made that nobody looks at: millions of attempts are short.
 */
export class Attempt {
  readonly claimed: ClaimedJob
  readonly handler: RegisteredHandler
  /** On the process's clock. */
  readonly begunAt = performance.now()
  readonly #around: AttemptSurroundings
  readonly #ends: AttemptEnds
  readonly #waitedMs: number
  /** Made for those who look at the signal: most handlers do not. */
  #controller: AbortController | undefined
  #aborted: AttemptAbortedError | undefined
  #timers: NodeJS.Timeout[] | undefined
  /** Made for those who have a transaction. */
  #abandoned: AbortController | undefined
  /** Made for those who have something to say. */
  #log: HandlerLog | undefined
  #settled = false
  /** The handler has ended, or nobody waits for it any longer. */
  #hasEnded = false
  #isJudged = false
  #hasReturned = false

  /** @param waitedMs - from its claim until now, when it begins */
  constructor(
    claimed: ClaimedJob,
    handler: RegisteredHandler,
    around: AttemptSurroundings,
    ends: AttemptEnds,
    waitedMs = 0,
  ) {
    this.claimed = claimed
    this.handler = handler
    this.#around = around
    this.#ends = ends
    this.#waitedMs = waitedMs
  }

  /** Where the handler returns at once, both ends are told before this does. */
  begin(): void {
    const ending = this.#run()
    if (ending instanceof Promise) void this.#returnLater(ending)
    else this.#return(ending)
  }

  get key(): AttemptKey {
    return { seq: this.claimed.seq, attempt: this.claimed.attempt }
  }

  /** Its handler's transaction has written its success. */
  get settled(): boolean {
    return this.#settled
  }

  get isOpen(): boolean {
    return !this.#isJudged
  }

  abort(reason: AbortReason): void {
    if (this.#aborted !== undefined) return
    const error = new AttemptAbortedError(reason)
    this.#aborted = error
    this.#controller?.abort(error)
    if (!this.#hasEnded)
      this.#after(reason === 'attemptLost' ? 0 : GRACE_MS, () => this.#end({ threw: error }))
  }

  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted)
    }
    return this.#controller.signal
  }

  get logger(): Logger {
    this.#log ??= this.#newLog()
    return this.#log.logger
  }

  /**
   * When it began: a little after its claim, where it was claimed ahead. That is when the database's clock was read last; from there
   * on the process's tells how long it waited.
   */
  get #startedAt(): Date | null {
    const { startedAt } = this.claimed.job
    return this.#waitedMs === 0 || startedAt === null
      ? startedAt
      : new Date(startedAt.getTime() + this.#waitedMs)
  }

  /** What its handler sees, with the payload as the schema gives it. */
  jobWith(payload: unknown): Job {
    const startedAt = this.#startedAt
    return { ...this.claimed.job, payload, startedAt, updatedAt: startedAt } as Job
  }

  setProgress(progress: unknown): Promise<void> {
    const { claimed, key } = this
    const { work, workerId } = this.#around
    return work.setProgress(workerId, key, claimed.jobId, jsonText(progress, 'progress'))
  }

  async transaction(fn: Parameters<HandlerContext['transaction']>[0]): Promise<any> {
    const { claimed, key } = this
    const { work, workerId } = this.#around
    this.#abandoned ??= new AbortController()
    const attempt = { ...key, jobId: claimed.jobId, abandoned: this.#abandoned.signal }
    const value = await work
      .transaction(workerId, attempt, async (trx, client) => {
        const value = await fn(trx as Transaction<any>, client as ClientBase)
        return { value, result: await this.#resultText(value), lines: this.#log?.take() }
      })
      .catch((error) => {
        this.#log?.putBack()
        throw error
      })
    this.#settled = true
    this.#end({ settled: true })
    return value
  }

  #newLog(): HandlerLog {
    const { work, workerId, logger } = this.#around
    const passOn = jobLogger(logger, this.claimed.job)
    return new HandlerLog(
      passOn,
      (lines) => work.writeLog(workerId, { ...this.key, lines }),
      (error) => passOn.warn({ event: 'job.logLost', err: error }, 'lines of this attempt could not be kept'),
    )
  }

  /** It may have taken some of its time already, without letting anything else happen. */
  #limitTime(): void {
    const { timeoutMs } = this.claimed
    if (timeoutMs > 0) this.#after(Math.max(0, timeoutMs - this.#ranMs), () => this.abort('timeout'))
  }

  /** Longer than a timer can wait is longer than any process lives: it is not waited for. */
  #after(ms: number, act: () => void): void {
    if (ms >= 2 ** 31) return
    this.#timers ??= []
    this.#timers.push(setTimeout(act, ms))
  }

  get #abandonment(): Error | undefined {
    const { jobId, attempt } = this.claimed
    const isLost = this.#aborted === undefined || this.#aborted.reason === 'attemptLost'
    return isLost ? new AttemptLostError(jobId, attempt) : this.#aborted
  }

  get #ranMs(): number {
    return Math.round(performance.now() - this.begunAt)
  }

  #run(): Ending | Promise<Ending> {
    const { observers } = this.#around
    try {
      if (observers?.any)
        return this.#awaited(observers.around(this.claimed, this.#startedAt, async () => this.#handled()))
      const result = this.#handled()
      return result instanceof Promise ? this.#awaited(result) : { result }
    } catch (thrown) {
      return { threw: thrown }
    }
  }

  async #awaited(result: Promise<string | null>): Promise<Ending> {
    try {
      return { result: await result }
    } catch (thrown) {
      return { threw: thrown }
    } finally {
      if (this.#settled) await this.#log?.end() // what it said behind its transaction
    }
  }

  #handled(): ResultText | Promise<ResultText> {
    if (this.claimed.unreadable !== undefined) throw this.claimed.unreadable
    const payload = this.#payload()
    return payload instanceof Promise
      ? payload.then((payload) => this.#called(payload))
      : this.#called(payload)
  }

  /** A promise, where the schema or a migration takes its time. */
  #payload(): unknown {
    const { definition } = this.handler
    const { payload, payloadVersion } = this.claimed
    if (payloadVersion === (definition.defaults.version ?? 1))
      return parsedPayload(definition.schema.payload, payload)
    return this.#migrated(definition)
  }

  async #migrated(definition: RegisteredHandler['definition']): Promise<unknown> {
    const { payload, payloadVersion } = this.claimed
    const present = await presentPayload(definition, payload, payloadVersion)
    return parsedPayload(definition.schema.payload, present)
  }

  #called(payload: unknown): ResultText | Promise<ResultText> {
    const { definition, handler } = this.handler
    const result: unknown = handler(payload, new AttemptContext(this, payload))
    if (isThenable(result)) return this.#resultLater(result)
    return definition.schema.result === null ? null : this.#resultText(result)
  }

  async #resultLater(result: PromiseLike<unknown>): Promise<ResultText> {
    return this.#resultText(await result)
  }

  /** Without a schema for it, what the handler returns is dropped. */
  async #resultText(result: unknown): Promise<ResultText> {
    const { schema } = this.handler.definition
    if (schema.result === null) return null
    const text = jsonText(result, 'result')
    await checkedResult(schema.result, JSON.parse(text), result)
    return text
  }

  #return(ending: Ending): void {
    this.#hasReturned = true
    if (this.#isJudged) this.#ends.over(this)
    else this.#end(ending)
  }

  async #returnLater(ending: Promise<Ending>): Promise<void> {
    this.#limitTime()
    this.#return(await ending)
  }

  /** The first end counts. Most succeed and have said nothing: these are judged at once. */
  #end(ending: Ending): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    if ('result' in ending && this.#aborted === undefined && this.#log === undefined)
      this.#judged(this.#observed(this.#succeeded(ending.result)))
    else void this.#judge(ending).then((outcome) => this.#judged(outcome))
  }

  /** What happened is computed here and written later, so that trouble in recording a success is never taken for a failure. */
  async #judge(ending: Ending): Promise<Outcome | null> {
    try {
      const outcome = this.#observed(await this.#outcomeOf(ending))
      // Before its outcome is: whoever sees that the job has stopped sees what it said.
      if (this.#log !== undefined) await this.#endLog(this.#log, outcome !== null)
      return outcome
    } catch (trouble) {
      return this.#unreadable(trouble)
    }
  }

  #observed(outcome: Outcome | null): Outcome | null {
    this.#around.observers?.ended(this.claimed, outcome, this.#settled)
    return outcome
  }

  #judged(outcome: Outcome | null): void {
    if (this.#timers !== undefined) for (const timer of this.#timers) clearTimeout(timer)
    this.#isJudged = true
    if (!this.#settled) this.#abandoned?.abort(this.#abandonment)
    this.#ends.judged(this, outcome)
    if (this.#hasReturned) this.#ends.over(this)
  }

  /** Where nothing is to be told, others have taken the attempt, or its transaction has written what it said. */
  async #endLog(log: HandlerLog, isTold: boolean): Promise<void> {
    if (isTold) await log.end()
    else if (!this.#settled) log.drop()
  }

  /** Every attempt has an outcome, also one whose error cannot even be looked at. */
  #unreadable(trouble: unknown): Outcome {
    jobLogger(this.#around.logger, this.claimed.job).error(
      { event: 'job.errorUnreadable', err: loggedError(trouble) },
      'what a handler threw could not be read',
    )
    const error = { message: 'Something was thrown that cannot be read', data: null }
    return { ...this.#told, kind: 'failed', error, retry: { waitMs: 2_000 } }
  }

  /** What every outcome tells. */
  get #told(): AttemptKey & Pick<Outcome, 'ranMs'> {
    const { seq, attempt, ahead } = this.claimed
    return { seq, attempt, ranMs: ahead === null ? undefined : this.#ranMs }
  }

  #outcomeOf(ending: Ending): Outcome | null | Promise<Outcome | null> {
    const reason = this.#aborted?.reason
    if (reason === 'attemptLost' || 'settled' in ending) return null
    if (reason === 'cancelled')
      return {
        ...this.#told,
        kind: 'cancelled',
        error: recordedError('threw' in ending ? ending.threw : new AttemptAbortedError('cancelled')),
      }
    if (reason === 'timeout') return this.#failed('timedOut', new AttemptAbortedError('timeout'))
    if ('result' in ending) return this.#succeeded(ending.result)
    if (reason === 'shutdown') return { ...this.#told, kind: 'released' }
    if (isA(ending.threw, SnoozeJob)) return this.#snoozed(ending.threw)
    if (isA(ending.threw, TerminalJobError)) return this.#terminal(ending.threw)
    return this.#failed('failed', ending.threw)
  }

  #succeeded(result: ResultText): Outcome {
    const { seq, attempt, ahead, bundleId, keyed } = this.claimed
    const ranMs = ahead === null ? undefined : this.#ranMs
    return { seq, attempt, kind: 'succeeded', result, bundleId, keyed, ranMs }
  }

  #snoozed({ delayMs, holdGroup }: SnoozeJob): Outcome {
    return { ...this.#told, kind: 'snoozed', delayMs, holdsGroup: holdGroup }
  }

  #terminal(error: TerminalJobError): Outcome {
    this.#report(error, 'failed', false)
    return { ...this.#told, kind: 'terminal', error: recordedError(error) }
  }

  /** The retry rule may take its time: the attempt is still running, under a live heartbeat. */
  async #failed(kind: 'failed' | 'timedOut', thrown: unknown): Promise<Outcome | null> {
    const told = this.#told
    const willRetry = kind === 'failed' ? this.claimed.retriesError : this.claimed.retriesTimeout
    this.#report(thrown, kind, willRetry)
    const retry: RetryTime = willRetry
      ? await retryTime(this.handler.retryRule, this.claimed.job, asError(thrown), this.#around.logger)
      : { waitMs: 0 }
    if (this.#aborted?.reason === 'attemptLost') return null
    return { ...told, kind, error: recordedError(thrown), retry }
  }

  #report(thrown: unknown, outcome: 'failed' | 'timedOut', willRetry: boolean): void {
    const error = asError(thrown)
    const { logger, workerId, onError } = this.#around
    const { currentRetryCount, maxRetryCount } = this.claimed.job
    const log = jobLogger(logger, this.claimed.job)
    const about = { outcome, willRetry, currentRetryCount, maxRetryCount, workerId, err: loggedError(error) }
    if (willRetry) log.warn({ event: 'job.stopped', ...about }, 'the attempt failed; it will be tried again')
    else log.error({ event: 'job.stopped', ...about }, 'the job failed')
    onError(error)
  }
}

/** JSON, or nothing. */
type ResultText = string | null

type Ending = { readonly result: ResultText } | { readonly threw: unknown } | { readonly settled: true }

function isThenable(value: unknown): value is PromiseLike<unknown> {
  if (value === null || (typeof value !== 'object' && typeof value !== 'function')) return false
  return typeof (value as PromiseLike<unknown>).then === 'function'
}
