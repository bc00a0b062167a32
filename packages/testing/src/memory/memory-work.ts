import {
  type AttemptCounts,
  AttemptLostError,
  ClosedError,
  InvalidInputError,
  type JobQueue,
  type Logger,
  runWithService,
} from '@jq/core'
import {
  type AttemptKey,
  type AttemptLog,
  type AttemptNews,
  type DuePage,
  type DueSchedule,
  type LookAnswer,
  type LookRequest,
  type Membership,
  type Sample,
  type StepAnswer,
  type StepRequest,
  silentLogger,
  type TickPlan,
  type Vitals,
  type WakeUp,
  type WorkerEntry,
  type WorkService,
} from '@jq/core/internal'
import { beginAttempts } from './begin-attempts.ts'
import { claimJobs } from './claim-jobs.ts'
import type { Commits } from './commits.ts'
import { writeLog } from './log-lines.ts'
import { isOverdue, look } from './look.ts'
import { sample } from './sample.ts'
import { dueSchedules, runTicks } from './schedules.ts'
import { type End, heldBy, settleAttempts } from './settle-attempts.ts'
import { beat, isAlive, noteSettled, stopWorker } from './worker-life.ts'

/** What worker processes ask, answered from memory: these workers live in the process that the memory belongs to. */
export class MemoryWork implements WorkService {
  readonly kind = 'work'
  readonly logger: Logger = silentLogger
  readonly #commits: Commits
  readonly #queue: () => JobQueue
  #closed = false

  constructor(commits: Commits, queue: () => JobQueue) {
    this.#commits = commits
    this.#queue = queue
  }

  run<T>(fn: () => T): T {
    return runWithService(this.#queue(), fn)
  }

  /** It needs no timer: between two advances no time passes, and in an advance its beats are made by the clock. */
  async join(worker: WorkerEntry, told: { alive(): void }): Promise<Membership> {
    const beatNow = async () => {
      this.#open()
      this.#commits.do((tables) => beat(tables, worker))
      told.alive()
    }
    await beatNow()
    const leave = async (settled?: AttemptCounts) =>
      this.#commits.do((tables) => {
        noteSettled(tables, worker.id, settled)
        stopWorker(tables, worker.id)
      })
    return { beat: beatNow, leave }
  }

  async step({ workerId, outcomes, claim, begins = [], begunThrough }: StepRequest): Promise<StepAnswer> {
    this.#open()
    return this.#commits.do((tables) => {
      if (begunThrough !== undefined) tables.begunThrough.set(workerId, begunThrough)
      const neverBegun = beginAttempts(tables, workerId, begins)
      const { lost, nextDueMs } = settleAttempts(
        tables,
        outcomes.map((outcome): End => ({ ...outcome, workerId })),
      )
      const wants = claim !== null && claim.room > 0
      const { claimed, limited } = wants ? claimJobs(tables, workerId, claim) : { claimed: [], limited: [] }
      const asks = wants || begunThrough !== undefined
      const alive = !asks || claimed.length > 0 || isAlive(tables, workerId)
      const none = { busy: [], contended: false, trodden: false }
      return { ...none, claimed, limited, lost: [...neverBegun, ...lost], alive, nextDueMs }
    })
  }

  async look(request: LookRequest): Promise<LookAnswer> {
    this.#open()
    return this.#commits.do((tables) => {
      noteSettled(tables, request.workerId, request.settled)
      return look(tables, request)
    })
  }

  async dueSchedules(rules: readonly string[], page: DuePage): Promise<readonly DueSchedule[]> {
    this.#open()
    return dueSchedules(this.#commits.tables, rules, page)
  }

  async runTicks(plans: readonly TickPlan[]): Promise<number> {
    this.#open()
    return this.#commits.do((tables) => runTicks(tables, plans))
  }

  async check(workerId: string, held: readonly AttemptKey[]): Promise<readonly AttemptNews[]> {
    this.#open()
    const { tables } = this.#commits
    return held.flatMap((key): AttemptNews[] => {
      const row = heldBy(tables, workerId, key)
      if (row === undefined) return [{ ...key, news: 'lost' }]
      if (row.cancelRequestedAt !== null) return [{ ...key, news: 'cancelled' }]
      return isOverdue(tables, row) ? [{ ...key, news: 'timedOut' }] : []
    })
  }

  async releaseUnknown(workerId: string, known: readonly AttemptKey[]): Promise<void> {
    this.#open()
    const isKnown = (seq: string, attempt: number) =>
      known.some((key) => key.seq === seq && key.attempt === attempt)
    this.#commits.do((tables) => {
      const held = [...tables.running.values()].filter((row) => row.workerId === workerId)
      const ends = held.map(
        ({ seq, attempt }): End => ({ seq: String(seq), attempt, workerId, kind: 'released' }),
      )
      settleAttempts(
        tables,
        ends.filter(({ seq, attempt }) => !isKnown(seq, attempt)),
      )
    })
  }

  async setProgress(workerId: string, attempt: AttemptKey, jobId: string, progress: string): Promise<void> {
    this.#open()
    this.#commits.do((tables) => {
      const row = heldBy(tables, workerId, attempt)
      if (row === undefined) throw new AttemptLostError(jobId, attempt.attempt)
      tables.running.set(row.seq, { ...row, progress })
    })
  }

  async writeLog(workerId: string, log: AttemptLog): Promise<void> {
    this.#open()
    this.#commits.do((tables) => writeLog(tables, workerId, log))
  }

  async transaction(): Promise<never> {
    throw new InvalidInputError(
      'no_database',
      'transaction',
      'cannot be had from a queue in memory, which has no database to write in. Test this handler with a queue on PostgreSQL.',
    )
  }

  async sample(samplerId: string, everyMs: number): Promise<Sample | null> {
    this.#open()
    return this.#commits.do((tables) => sample(tables, samplerId, everyMs))
  }

  async readTraces(seqs: readonly string[]): Promise<ReadonlyMap<string, Readonly<Record<string, string>>>> {
    this.#open()
    const { jobs } = this.#commits.tables
    const traces = seqs.map((seq) => [seq, jobs.get(Number(seq))?.trace] as const)
    return new Map(traces.flatMap(([seq, trace]) => (trace == null ? [] : [[seq, JSON.parse(trace)]])))
  }

  vitals(): Vitals {
    return { listen: 'off', listenReconnects: 0, pool: null, errors: {}, schemaVersion: null }
  }

  async onWakeUp(wake: (hint: WakeUp) => void): Promise<() => Promise<void>> {
    const remove = this.#commits.onWakeUp(wake)
    return async () => remove()
  }

  close(): void {
    this.#closed = true
  }

  #open(): void {
    if (this.#closed) throw new ClosedError()
  }
}
