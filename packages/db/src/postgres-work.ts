import { AttemptLostError, type JobQueue, type Logger, runWithService } from '@jq/core'
import type {
  AttemptInHand,
  AttemptKey,
  AttemptLog,
  AttemptNews,
  ClaimedJob,
  ClaimedType,
  DuePage,
  DueSchedule,
  LookAnswer,
  LookRequest,
  Membership,
  Outcome,
  Sample,
  StepAnswer,
  StepRequest,
  TickPlan,
  TransactionWork,
  Vitals,
  WakeUp,
  WorkerEntry,
  WorkService,
} from '@jq/core/internal'
import type pg from 'pg'
import type { Database } from './database.ts'
import { inHandlerTransaction, inUnfencedTransaction } from './handler-transaction.ts'
import { type Heartbeat, startHeartbeat } from './heartbeat/start-heartbeat.ts'
import { LogLane } from './log-lane.ts'
import type { Retention } from './retention.ts'
import { isCutShort, isLockTimeout, sqlVerdict } from './sql-state.ts'
import type { Statements } from './statement.ts'
import { ClaimedRow } from './statements/claimed-row.ts'
import {
  beat,
  checkAttempts,
  deleteOutdated,
  keep,
  leave,
  look,
  readVerdict,
  reapedOf,
  releaseUnknown,
  setProgress,
} from './statements/live-worker.ts'
import { writeLog } from './statements/log.ts'
import { readTraces } from './statements/read-traces.ts'
import { sample, sampleOf } from './statements/sample.ts'
import { dueOf, dueSchedules, runTicks } from './statements/schedules.ts'
import { attemptOf, type StepRow, step } from './statements/step.ts'

/** What the work of a queue needs of its service. */
export interface WorkSurroundings {
  readonly queue: () => JobQueue
  readonly database: Database
  readonly statements: Statements
  readonly logger: Logger
  readonly retention: Retention
  readonly heartbeatConfig: pg.ClientConfig
  onHint(listen: (hint: string) => void): Promise<() => Promise<void>>
  dueCanary(): string | null
  /** Whether wake-ups can be heard: else nobody need send any. */
  canHear(): boolean
  hints(): Pick<Vitals, 'listen' | 'listenReconnects'>
  handicap(reason: string | undefined): void
}

const KEEP_EVERY_MS = 60_000
/** Where nothing happens, little is to be cleared away; what it does leave is cleared away by those that work. */
const KEEP_ASLEEP_EVERY_MS = 600_000
/** How long one look may go on deleting while work is done: about 1,000 jobs, which a drain beside it hardly feels. */
const DELETE_FOR_MS = 50
/** The same where nothing runs, or where so little has not been enough for an hour. */
const DELETE_MORE_FOR_MS = 1_000
const PATIENT_MS = 3_600_000

/** What worker processes ask, answered with PostgreSQL. Each call is one try: the loops that call have the patience. */
export class PostgresWork implements WorkService {
  readonly kind = 'work'
  readonly logger: Logger
  readonly #around: WorkSurroundings
  readonly #logLane: LogLane
  readonly #heartbeats = new Map<string, Heartbeat>()
  #keptAt = performance.now() - KEEP_EVERY_MS * Math.random()
  /** Since when each look has left something that is outdated. */
  #behindSince: number | null = null

  constructor(around: WorkSurroundings) {
    this.#around = around
    this.logger = around.logger
    this.#logLane = new LogLane(around.database, around.statements)
  }

  run<T>(fn: () => T): T {
    return runWithService(this.#around.queue(), fn)
  }

  async join(
    worker: WorkerEntry,
    told: { alive(): void; failed(error: Error): void },
    signal?: AbortSignal,
  ): Promise<Membership> {
    const { database, statements } = this.#around
    const statement = beat(statements, worker)
    await database.ask(statement, signal)
    const heartbeat =
      worker.heartbeatIntervalMs > 0
        ? await this.#startHeartbeat(worker.heartbeatIntervalMs, statement, told, signal)
        : undefined
    if (heartbeat !== undefined) this.#heartbeats.set(worker.id, heartbeat)
    this.#around.handicap(heartbeat?.handicap)
    return {
      beat: async () => {
        await database.once(statement)
        told.alive()
      },
      leave: async (settled) => {
        await this.#endHeartbeat(worker.id)
        this.#around.handicap(undefined)
        await database.once(leave(statements, worker.id, settled)) // unsaid, it is taken for dead a little later
      },
    }
  }

  /** Resolves after the thread's first beat, or at the signal: on a busy machine it may take longer to start than a lease lasts. */
  async #startHeartbeat(
    intervalMs: number,
    statement: ReturnType<typeof beat>,
    told: { alive(): void; failed(error: Error): void },
    signal: AbortSignal | undefined,
  ) {
    const order = {
      config: this.#around.heartbeatConfig,
      statement: { text: statement.sql, values: statement.parameters },
      intervalMs,
    }
    const first = Promise.withResolvers<void>()
    const heartbeat = startHeartbeat(order, (news) => {
      if (news.kind === 'beaten') told.alive()
      if (news.kind === 'failed') told.failed(new Error(`The heartbeat failed: ${news.message}`))
      first.resolve()
    })
    signal?.addEventListener('abort', () => first.resolve(), { once: true })
    if (signal?.aborted) first.resolve()
    await first.promise
    return heartbeat
  }

  /** The queue closes: a worker whose threads were not finished before is silent from here on, and others take its jobs. */
  async endHeartbeats(): Promise<void> {
    if (this.#heartbeats.size === 0) return
    this.logger.error(
      { event: 'worker.closedEarly', workerIds: [...this.#heartbeats.keys()] },
      'the queue was closed while threads were running; call finishThreads first. Their jobs are taken over when their lease has lapsed',
    )
    await Promise.all([...this.#heartbeats.keys()].map((workerId) => this.#endHeartbeat(workerId)))
  }

  async #endHeartbeat(workerId: string): Promise<void> {
    const heartbeat = this.#heartbeats.get(workerId)
    this.#heartbeats.delete(workerId)
    await heartbeat?.end()
  }

  async step(request: StepRequest): Promise<StepAnswer> {
    try {
      return await this.#stepOnce(request).catch((error) => {
        if (!isLockTimeout(error)) throw error
        return this.#stepOnce(request, { bundlesFirst: true })
      })
    } catch (error) {
      if (request.outcomes.length === 0) throw error
      if (isCutShort(error)) return this.#stepInParts(request, error as Error)
      if (sqlVerdict(error) === 'data') return this.#stepByHalves(request, error as Error)
      throw error
    }
  }

  async #stepOnce(request: StepRequest, options?: { bundlesFirst: boolean }): Promise<StepAnswer> {
    const { database, statements } = this.#around
    return answerOf(await database.oncePrepared(step(statements, request, options)), request)
  }

  async look(request: LookRequest): Promise<LookAnswer> {
    const { database, statements } = this.#around
    const sleeping = request.sleeping && this.#around.canHear()
    // Where nothing runs, its looks beat along: an idle process asks as little as it can.
    const heartbeat = request.sleeping ? this.#heartbeats.get(request.workerId) : undefined
    const at = process.hrtime.bigint()
    const [row] = await database.once(
      look(statements, { ...request, sleeping }, this.#around.dueCanary(), heartbeat !== undefined),
    )
    if (row?.beaten === true) heartbeat?.beaten(at)
    await this.#keepNowAndThen(request.sleeping)
    return {
      reaped: row === undefined ? [] : reapedOf(row),
      waiting: row?.waiting ?? false,
      waitingSolo: row?.waiting_solo ?? false,
      runDry: row?.run_dry ?? false,
      nextDueMs: row?.next_due_ms == null ? null : Math.max(0, Number(row.next_due_ms)),
      nextTickMs: row?.next_tick_ms == null ? null : Number(row.next_tick_ms),
    }
  }

  async dueSchedules(rules: readonly string[], page: DuePage): Promise<readonly DueSchedule[]> {
    const { database, statements } = this.#around
    return (await database.once(dueSchedules(statements, rules, page))).map(dueOf)
  }

  async runTicks(plans: readonly TickPlan[]): Promise<number> {
    const [row] = await this.#around.database.once(runTicks(this.#around.statements, plans))
    return row?.moved ?? 0
  }

  async check(workerId: string, held: readonly AttemptKey[]): Promise<readonly AttemptNews[]> {
    return this.#around.database.once(checkAttempts(this.#around.statements, workerId, held))
  }

  async releaseUnknown(workerId: string, known: readonly AttemptKey[]): Promise<void> {
    await this.#around.database.once(releaseUnknown(this.#around.statements, workerId, known))
  }

  async setProgress(workerId: string, attempt: AttemptKey, jobId: string, progress: string): Promise<void> {
    const [row] = await this.#around.database.ask(
      setProgress(this.#around.statements, workerId, attempt, progress),
    )
    if (row?.kept !== true) throw new AttemptLostError(jobId, attempt.attempt)
  }

  async writeLog(workerId: string, log: AttemptLog): Promise<void> {
    await this.#logLane.write({ ...log, workerId })
  }

  async transaction<T>(
    workerId: string,
    attempt: AttemptInHand | null,
    work: TransactionWork<T>,
  ): Promise<T> {
    const { database, statements } = this.#around
    const open = () => database.client()
    const noteFailure = (error: unknown) => database.noteFailure(error)
    if (attempt === null) return inUnfencedTransaction({ open, noteFailure }, work)
    const { seq, attempt: number, abandoned } = attempt
    return inHandlerTransaction({
      open,
      noteFailure,
      abandoned,
      attempt,
      work,
      stands: async (asks) =>
        (await asks.ask(checkAttempts(statements, workerId, [attempt]))).every(({ news }) => news !== 'lost'),
      settle: async (asks, { result, lines = [] }) => {
        if (lines.length > 0)
          await asks.ask(writeLog(statements, [{ workerId, seq, attempt: number, lines }]))
        const outcomes = [{ seq, attempt: number, kind: 'succeeded', result }] as const
        const request = { workerId, outcomes, claim: null }
        return answerOf(await asks.ask(step(statements, request, { bundlesFirst: true })), request)
      },
      isRecorded: async () => {
        const [row] = await database.ask(readVerdict(statements, workerId, attempt))
        return row?.verdict === 'settled'
      },
    })
  }

  async sample(samplerId: string, everyMs: number): Promise<Sample | null> {
    const [row] = await this.#around.database.once(sample(this.#around.statements, samplerId, everyMs))
    return row?.sample == null ? null : sampleOf(row.sample)
  }

  async readTraces(seqs: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    const { database, statements } = this.#around
    const rows = await database.once(readTraces(statements, seqs))
    return new Map(rows.map(({ seq, trace }) => [seq, JSON.parse(trace)]))
  }

  vitals(): Vitals {
    const { database, hints } = this.#around
    return { ...hints(), ...database.vitals }
  }

  onWakeUp(wake: (hint: WakeUp) => void): Promise<() => Promise<void>> {
    return this.#around.onHint((hint) => {
      const [kind, jobType] = hint.split(' ')
      if (kind === 'available') wake({ kind, jobType: jobType ?? null })
      if (kind === 'due' || kind === 'cancel') wake({ kind })
    })
  }

  /**
   * Something in this batch cannot be stored. It is halved until the culprit stands alone, for which a fixed minimal error is
   * recorded: every outcome can be recorded, and nobody's hides behind another's.
   */
  async #stepByHalves(request: StepRequest, error: Error): Promise<StepAnswer> {
    const { outcomes } = request
    if (outcomes.length > 1) return this.#stepInTurn(halvesOf(request))
    const [outcome] = outcomes
    this.logger.error(
      { event: 'job.outcomeUnstorable', workerId: request.workerId, attempt: outcome?.attempt, err: error },
      'an outcome could not be stored; a minimal error is recorded in its place',
    )
    const bare = { ...request, outcomes: outcomes.map(minimal) }
    return answerOf(await this.#around.database.once(step(this.#around.statements, bare)), bare)
  }

  /**
   * The server lets no statement take as long as this one does, and would end it again, and all that gathers meanwhile. It is done in
   * parts, each in less time. What takes too long even alone is told again later, and holds up nobody else's.
   */
  async #stepInParts(request: StepRequest, error: Error): Promise<StepAnswer> {
    const { workerId, outcomes, claim, begins = [], begunThrough } = request
    if (outcomes.length > 1) return this.#stepInTurn(halvesOf(request))
    if (claim !== null || begins.length > 0 || begunThrough !== undefined) {
      const begin = { ...request, outcomes: [], claim: null }
      return this.#stepInTurn([begin, { workerId, outcomes, claim: null }, { workerId, outcomes: [], claim }])
    }
    const busy = outcomes.map(({ seq, attempt }) => ({ seq, attempt }))
    this.logger.warn(
      { event: 'job.outcomeCutShort', workerId, attempt: busy[0]?.attempt, err: error },
      'the server ended the statement that was to record an outcome; it is told again',
    )
    return { ...answerOf([], request), busy }
  }

  async #stepInTurn([first, ...others]: readonly [StepRequest, ...StepRequest[]]): Promise<StepAnswer> {
    let answer = await this.step(first)
    for (const request of others) answer = together(answer, await this.step(request))
    return answer
  }

  /** A while apart, by whichever process comes first past its own while; what it clears away hurts nobody by waiting. */
  async #keepNowAndThen(asleep: boolean): Promise<void> {
    const now = performance.now()
    if (now < this.#keptAt + (asleep ? KEEP_ASLEEP_EVERY_MS : KEEP_EVERY_MS)) return
    this.#keptAt = now
    this.#around.database.readyAnew() // for those who hear no hints
    await this.#around.database.once(keep(this.#around.statements))
    // What is left goes at the next look, and not a minute later.
    const isLate = this.#behindSince !== null && now - this.#behindSince > PATIENT_MS
    const isBehind = await this.#deleteOutdated(asleep || isLate ? DELETE_MORE_FOR_MS : DELETE_FOR_MS)
    this.#behindSince = isBehind ? (this.#behindSince ?? now) : null
    if (isBehind) this.#keptAt = Number.NEGATIVE_INFINITY
  }

  /** In batches, each a transaction. @returns whether some is left */
  async #deleteOutdated(forMs: number): Promise<boolean> {
    const { database, statements, retention } = this.#around
    const end = performance.now() + forMs
    do {
      const [row] = await database.once(deleteOutdated(statements, retention))
      if (row !== undefined && row.orphans > 0)
        this.logger.warn(
          { event: 'jobs.orphansDeleted', jobs: row.orphans },
          'deleted jobs of types that no worker has known for the time in retention.orphaned',
        )
      if (row !== undefined && row.orphaned_schedules > 0)
        this.logger.warn(
          { event: 'schedules.orphansDeleted', schedules: row.orphaned_schedules },
          'deleted schedules of types that no worker has known for the time in retention.orphaned',
        )
      if (row?.more !== true) return false
    } while (performance.now() < end)
    return true
  }
}

/** It begins first, and claims last. */
function halvesOf(request: StepRequest): [StepRequest, StepRequest] {
  const { outcomes } = request
  const half = outcomes.length >> 1
  return [
    { ...request, outcomes: outcomes.slice(0, half), claim: null },
    { ...request, outcomes: outcomes.slice(half), begins: [], begunThrough: undefined },
  ]
}

function minimal(outcome: Outcome): Outcome {
  const { seq, attempt } = outcome
  const error = { message: 'The outcome of this attempt could not be stored', data: null }
  return {
    seq,
    attempt,
    kind: 'failed',
    error,
    retry: { waitMs: 2_000 },
  }
}

function answerOf(rows: readonly StepRow[], request: StepRequest): StepAnswer {
  const notes = rows.filter(({ kind }) => kind !== null)
  const told = new Map(notes.map((note) => [note.kind, note]))
  const dues = notes.flatMap(({ kind, next_due_ms: ms }) =>
    kind === 'due' && ms !== null ? [Number(ms)] : [],
  )
  return {
    claimed: told.has('began') ? claimedJobs(rows, told.get('began') as StepRow, request) : [],
    lost: notes.filter(({ kind }) => kind === 'lost').map(attemptOf),
    busy: notes.filter(({ kind }) => kind === 'busy').map(attemptOf),
    alive: !told.has('silent'),
    contended: told.has('contended'),
    trodden: told.has('trodden'),
    limited: notes.filter(({ kind }) => kind === 'limited').map(({ type }) => type),
    nextDueMs: dues.length === 0 ? null : Math.max(0, Math.min(...dues)),
  }
}

function claimedJobs(
  rows: readonly StepRow[],
  began: StepRow,
  { workerId, claim }: StepRequest,
): ClaimedJob[] {
  const moment = { workerId, startedAt: began.started_at as string, aliveAt: began.alive_at }
  const handlers = new Map(claim?.types.map((type) => [type.type, type]))
  return rows
    .filter(({ kind }) => kind === null)
    .map((row) => new ClaimedRow(row, moment, handlers.get(row.type) as ClaimedType))
    .sort(inClaimOrder)
}

/** By their places, or by priority, then first in, first out; the server answers in this order, and promises none. */
function inClaimOrder(a: ClaimedJob, b: ClaimedJob): number {
  if (a.ahead !== null && b.ahead !== null) return a.ahead - b.ahead
  return b.priority - a.priority || a.seq.length - b.seq.length || (a.seq < b.seq ? -1 : 1)
}

function together(a: StepAnswer, b: StepAnswer): StepAnswer {
  const dues = [a.nextDueMs, b.nextDueMs].filter((ms) => ms !== null)
  return {
    claimed: [...a.claimed, ...b.claimed],
    lost: [...a.lost, ...b.lost],
    busy: [...a.busy, ...b.busy],
    alive: a.alive && b.alive,
    contended: a.contended || b.contended,
    trodden: a.trodden || b.trodden,
    limited: [...a.limited, ...b.limited],
    nextDueMs: dues.length === 0 ? null : Math.min(...dues),
  }
}
