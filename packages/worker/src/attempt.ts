import {
  AttemptAbortedError,
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

/** One run of a handler: from its claim to an outcome, which may come before the handler ends, if that one does not listen. */
export class Attempt {
  readonly claimed: ClaimedJob
  /** How it ended; null where nothing is to be written, since the attempt is lost. */
  readonly outcome: Promise<Outcome | null>
  /** The handler has returned: its thread is free. */
  readonly ended: Promise<void>
  readonly #handler: RegisteredHandler
  readonly #around: AttemptSurroundings
  /** When it began: a little after its claim, where it was claimed ahead. */
  readonly #startedAt: Date | null
  /** Made for those who look at the signal: most handlers do not. */
  #controller: AbortController | undefined
  #aborted: AttemptAbortedError | undefined
  /** The handler's end, or that nobody waits for it any longer. */
  readonly #end = Promise.withResolvers<Ending>()
  #timers: NodeJS.Timeout[] = []
  /** Made for those who have something to say. */
  #log: HandlerLog | undefined
  #settled = false

  /** @param waitedMs - from its claim until now, when it begins */
  constructor(claimed: ClaimedJob, handler: RegisteredHandler, around: AttemptSurroundings, waitedMs = 0) {
    const { startedAt } = claimed.job
    this.claimed = claimed
    this.#handler = handler
    this.#around = around
    // Its claim is when the database's clock was read last; from there on the process's tells how long it waited.
    this.#startedAt =
      waitedMs === 0 || startedAt === null ? startedAt : new Date(startedAt.getTime() + waitedMs)
    this.#limitTime()
    this.outcome = this.#judge()
    this.ended = this.#run().then(this.#end.resolve)
  }

  get key(): AttemptKey {
    return { seq: this.claimed.seq, attempt: this.claimed.attempt }
  }

  /** Its handler's transaction has written its success. */
  get settled(): boolean {
    return this.#settled
  }

  abort(reason: AbortReason): void {
    if (this.#aborted !== undefined) return
    const error = new AttemptAbortedError(reason)
    this.#aborted = error
    this.#controller?.abort(error)
    this.#after(reason === 'attemptLost' ? 0 : GRACE_MS, () => this.#end.resolve({ threw: error }))
  }

  get #abortReason(): AbortReason | undefined {
    return this.#aborted?.reason
  }

  get #signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController()
      if (this.#aborted !== undefined) this.#controller.abort(this.#aborted)
    }
    return this.#controller.signal
  }

  get #logger(): Logger {
    this.#log ??= this.#newLog()
    return this.#log.logger
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

  #limitTime(): void {
    const { timeoutMs } = this.claimed
    if (timeoutMs > 0) this.#after(timeoutMs, () => this.abort('timeout'))
  }

  /** Longer than a timer can wait is longer than any process lives: it is not waited for. */
  #after(ms: number, act: () => void): void {
    if (ms < 2 ** 31) this.#timers.push(setTimeout(act, ms))
  }

  async #run(): Promise<Ending> {
    try {
      const { observers } = this.#around
      const run = () => this.#handled()
      const result = await (observers?.any ? observers.around(this.claimed, this.#startedAt, run) : run())
      return { result }
    } catch (thrown) {
      return { threw: thrown }
    } finally {
      if (this.#settled) await this.#log?.end() // what it said behind its transaction
    }
  }

  async #handled(): Promise<string | null> {
    if (this.claimed.unreadable !== undefined) throw this.claimed.unreadable
    const { definition, handler } = this.#handler
    const { job, payloadVersion } = this.claimed
    const stored =
      payloadVersion === (definition.defaults.version ?? 1)
        ? job.payload
        : await presentPayload(definition, job.payload, payloadVersion)
    const payload = await parsedPayload(definition.schema.payload, stored, stored)
    const result = await this.#around.work.run(() => handler(payload, this.#context(payload)))
    return this.#resultText(result)
  }

  async #transaction(fn: Parameters<HandlerContext['transaction']>[0]): Promise<any> {
    const { claimed, key } = this
    const { work, workerId } = this.#around
    const attempt = { ...key, jobId: claimed.job.id }
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
    this.#end.resolve({ settled: true })
    return value
  }

  /** Without a schema for it, what the handler returns is dropped. */
  async #resultText(result: unknown): Promise<string | null> {
    const { schema } = this.#handler.definition
    if (schema.result === null) return null
    const text = jsonText(result, 'result')
    await checkedResult(schema.result, JSON.parse(text), result)
    return text
  }

  /** What happened is computed here and written later, so that trouble in recording a success is never taken for a failure. */
  async #judge(): Promise<Outcome | null> {
    const end = await this.#end.promise
    try {
      const outcome = await this.#outcomeOf(end)
      this.#around.observers?.ended(this.claimed, outcome, this.#settled)
      // Before its outcome is: whoever sees that the job has stopped sees what it said.
      if (this.#log !== undefined) await this.#endLog(this.#log, outcome !== null)
      return outcome
    } catch (trouble) {
      return this.#unreadable(trouble)
    } finally {
      for (const timer of this.#timers) clearTimeout(timer)
    }
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
    return { ...this.key, kind: 'failed', error, retry: { waitMs: 2_000 } }
  }

  #outcomeOf(end: Ending): Outcome | null | Promise<Outcome | null> {
    const { key } = this
    const { bundleId, uniqueKey, scheduleName } = this.claimed.job
    const reason = this.#abortReason
    if (reason === 'attemptLost' || 'settled' in end) return null
    if (reason === 'cancelled')
      return {
        ...key,
        kind: 'cancelled',
        error: recordedError('threw' in end ? end.threw : new AttemptAbortedError('cancelled')),
      }
    if (reason === 'timeout') return this.#failed('timedOut', new AttemptAbortedError('timeout'))
    if ('result' in end)
      return {
        ...key,
        kind: 'succeeded',
        result: end.result,
        bundleId,
        keyed: uniqueKey !== null || scheduleName !== null,
      }
    if (reason === 'shutdown') return { ...key, kind: 'released' }
    if (isA(end.threw, SnoozeJob)) return this.#snoozed(end.threw)
    if (isA(end.threw, TerminalJobError)) return this.#terminal(end.threw)
    return this.#failed('failed', end.threw)
  }

  #snoozed({ delayMs, holdGroup }: SnoozeJob): Outcome {
    return { ...this.key, kind: 'snoozed', delayMs, holdsGroup: holdGroup }
  }

  #terminal(error: TerminalJobError): Outcome {
    this.#report(error, 'failed', false)
    return { ...this.key, kind: 'terminal', error: recordedError(error) }
  }

  /** The retry rule may take its time: the attempt is still running, under a live heartbeat. */
  async #failed(kind: 'failed' | 'timedOut', thrown: unknown): Promise<Outcome | null> {
    const willRetry = kind === 'failed' ? this.claimed.retriesError : this.claimed.retriesTimeout
    this.#report(thrown, kind, willRetry)
    const retry: RetryTime = willRetry
      ? await retryTime(this.#handler.retryRule, this.claimed.job, asError(thrown), this.#around.logger)
      : { waitMs: 0 }
    if (this.#abortReason === 'attemptLost') return null
    return { ...this.key, kind, error: recordedError(thrown), retry }
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

  #context(payload: unknown): HandlerContext {
    const { job, seq, attempt } = this.claimed
    const { work, workerId } = this.#around
    const signal = () => this.#signal
    const log = () => this.#logger
    const startedAt = this.#startedAt
    let seen: Job | undefined
    return {
      // Made for those who look at it.
      get job() {
        seen ??= { ...job, payload, startedAt, updatedAt: startedAt } as Job
        return seen as Job<any>
      },
      get signal() {
        return signal()
      },
      fence: { jobId: job.id, attempt },
      get log() {
        return log()
      },
      transaction: (fn) => this.#transaction(fn),
      setProgress: async (progress) =>
        work.setProgress(workerId, { seq, attempt }, job.id, jsonText(progress, 'progress')),
    }
  }
}

type Ending = { readonly result: string | null } | { readonly threw: unknown } | { readonly settled: true }
