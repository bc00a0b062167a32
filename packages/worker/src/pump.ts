import type { WorkService } from '@jq/core'
import { ClosedError } from '@jq/core'
import type { AttemptKey, ClaimedJob, ClaimedType, Outcome, StepAnswer } from '@jq/core/internal'
import { Attempt, type AttemptSurroundings } from './attempt.ts'
import type { Handlers } from './handlers.ts'
import { RunningAttempts } from './running-attempts.ts'
import { pauseMs, Rest } from './wait.ts'

/** Rows that a caller's transaction holds are tried again after this: it may last, and asking is not free. */
const BUSY_MS = 100
/** After a lost reply a claim may still be on its way on the server; after this long it is not. */
const STRAGGLER_MS = 20_000

export interface PumpSurroundings extends AttemptSurroundings {
  readonly work: WorkService
  readonly handlers: Handlers
  readonly threads: number
  readonly maxCrashCount: number
  /** This process was taken for dead, or has not beaten for too long. */
  beat(): Promise<void>
  /** A retry is due this soon. */
  due(inMs: number): void
  /** Nothing is left to claim. */
  idle(): void
}

/**
 * Has a thread room, is an outcome waiting? One round trip settles what ended and claims what fits, one at a time: while it is
 * in flight outcomes and free threads gather for the next, so that batches form by themselves and nothing waits for a timer.
 */
export class Pump {
  readonly running = new RunningAttempts()
  readonly #around: PumpSurroundings
  #outcomes: Outcome[] = []
  /** More may be waiting; false once a claim came back short, until somebody says otherwise. */
  #hungry = true
  /** Somebody said so since the claim in flight began, which may have looked before that work was there. */
  #fed = false
  #claiming = true
  #drying = false
  #abandoned = false
  #failures = 0
  #rounds: Promise<void> | undefined
  readonly #rest = new Rest()
  /** When to give back claims whose reply was lost. */
  #stragglersAt: number[] = []
  #counts = { finished: 0, released: 0 }
  #changed = Promise.withResolvers<void>()

  constructor(around: PumpSurroundings) {
    this.#around = around
  }

  /** Work may be waiting. */
  feed(): void {
    this.#hungry = true
    this.#fed = true
    this.#kick()
  }

  /** Claims no more until nothing runs, so that a job which must run alone can. */
  runDry(dry: boolean): void {
    this.#drying = dry
  }

  get idle(): boolean {
    return this.running.size === 0
  }

  /** True while it waits to be told of work, with threads to spare. */
  get sleeps(): boolean {
    return !this.#hungry && this.#room > 0
  }

  /** The attempts that this process believes in. */
  get held(): readonly AttemptKey[] {
    return [...this.running.open.map(({ key }) => key), ...this.#outcomes]
  }

  /** No claim begins after the call; what is counted from here on is what `drained` tells. */
  stopClaiming(): void {
    if (this.#claiming) this.#counts = { finished: 0, released: 0 }
    this.#claiming = false
  }

  /** Resolves when every attempt has an outcome, and every outcome is recorded. */
  async drained(): Promise<{ finished: number; released: number }> {
    this.#kick()
    while (this.running.openSize > 0 || this.#outcomes.length > 0 || this.#rounds !== undefined)
      await this.#changed.promise
    return this.#counts
  }

  /** Gives up on outcomes that cannot be written: their attempts will be reaped. */
  abandonOutcomes(): number {
    const abandoned = this.#outcomes.length
    this.#abandoned = true
    this.#outcomes = []
    this.#rest.nudge()
    return abandoned
  }

  get #room(): number {
    return this.#around.threads - this.running.size
  }

  /** Once per turn of the event loop, however often it is asked. */
  #kick(): void {
    this.#rounds ??= this.#runRounds()
  }

  async #runRounds(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#outcomes.length > 0 || this.#claimable().length > 0) await this.#round()
    this.#rounds = undefined
    this.#change()
  }

  /** What could be claimed now: nothing while a job runs that must run alone, or while threads run dry for one. */
  #claimable(): ClaimedType[] {
    if (
      !this.#claiming ||
      !this.#hungry ||
      this.#room <= 0 ||
      (this.#drying && !this.idle) ||
      this.running.runAlone
    )
      return []
    return this.#around.handlers.claimable(this.#room, (type) => this.running.countOf(type))
  }

  async #round(): Promise<void> {
    const { work, workerId, maxCrashCount } = this.#around
    const types = this.#claimable()
    const claim = types.length === 0 ? null : { types, room: this.#room, idle: this.idle, maxCrashCount }
    let outcomes: Outcome[] = []
    try {
      await this.#releaseStragglers()
      outcomes = this.#outcomes
      this.#outcomes = []
      this.#fed = false
      const answer = await work.step({ workerId, outcomes, claim })
      this.#failures = 0
      if (claim !== null) this.#noteHunger(types, claim.room, answer)
      await this.#digest(outcomes, answer)
    } catch (error) {
      // A closed queue comes back no more; neither does one that its worker has given up on.
      if (error instanceof ClosedError) this.#claiming = false
      if (error instanceof ClosedError || this.#abandoned) {
        this.#outcomes = []
        return
      }
      this.#outcomes = [...outcomes, ...this.#outcomes]
      if (claim !== null) this.#stragglersAt = [performance.now(), performance.now() + STRAGGLER_MS]
      await this.#recover(error as Error)
    }
  }

  /** Claims whose reply was lost are ours without our knowing: they are given back before the next claim, and once more later. */
  async #releaseStragglers(): Promise<void> {
    const now = performance.now()
    if (!this.#stragglersAt.some((at) => at <= now)) return
    await this.#around.work.releaseUnknown(this.#around.workerId, this.held)
    this.#stragglersAt = this.#stragglersAt.filter((at) => at > now)
  }

  async #recover(error: Error): Promise<void> {
    this.#failures++
    this.#around.logger.warn(
      { error, failures: this.#failures },
      'a step failed; its outcomes are kept and tried again',
    )
    if (this.#failures === 1) this.#around.onError(error)
    await this.#rest.for(pauseMs(this.#failures))
  }

  /** A claim that came back short of what its types had room for has seen the end of what waits, unless others were quicker. */
  #noteHunger(types: readonly ClaimedType[], room: number, { claimed, alive, contended }: StepAnswer): void {
    const asked = Math.min(
      room,
      types.reduce((sum, type) => sum + type.room, 0),
    )
    const tookSolo = claimed.some(({ job }) => job.crashCount > 0)
    if (!alive || contended || tookSolo || this.#fed || claimed.length >= asked) return
    this.#hungry = false
    this.#around.idle()
  }

  async #digest(
    outcomes: readonly Outcome[],
    { claimed, lost, busy, alive, contended, nextDueMs }: StepAnswer,
  ): Promise<void> {
    for (const key of lost)
      this.#around.logger.warn({ ...key }, 'an attempt was over before its outcome could be written')
    this.#count(outcomes, [...lost, ...busy])
    for (const job of claimed) this.#begin(job)
    if (nextDueMs !== null) this.#around.due(nextDueMs)
    if (!alive) await this.#around.beat()
    // Somebody's open transaction may hold all that was seen, for long: asking at once again would only heat the server.
    if (contended && claimed.length === 0 && this.#outcomes.length === 0) await this.#rest.for(BUSY_MS)
    if (busy.length > 0) await this.#putBack(outcomes, busy)
  }

  #count(outcomes: readonly Outcome[], unsettled: readonly AttemptKey[]): void {
    const open = new Set(unsettled.map(({ seq }) => seq))
    for (const { seq, kind } of outcomes) {
      if (open.has(seq)) continue
      if (kind === 'released') this.#counts.released++
      else this.#counts.finished++
    }
  }

  /** Oldest first, after a rest where nothing else is to do. */
  async #putBack(outcomes: readonly Outcome[], busy: readonly AttemptKey[]): Promise<void> {
    const held = new Set(busy.map(({ seq }) => seq))
    const others = this.#outcomes.length
    this.#outcomes = [...outcomes.filter(({ seq }) => held.has(seq)), ...this.#outcomes]
    if (others === 0) await this.#rest.for(BUSY_MS)
  }

  #begin(claimed: ClaimedJob): void {
    const handler = this.#around.handlers.of(claimed.job.type)
    if (handler === undefined || !this.#claiming) {
      this.#outcomes.push({ seq: claimed.seq, attempt: claimed.attempt, kind: 'released' })
      return
    }
    const attempt = new Attempt(claimed, handler, this.#around)
    this.running.add(attempt)
    void this.#see(attempt, handler.concurrency)
  }

  async #see(attempt: Attempt, concurrency: number): Promise<void> {
    const outcome = await attempt.outcome
    if (outcome !== null) this.#outcomes.push(outcome)
    this.running.close(attempt)
    this.#change()
    this.#kick()
    await attempt.ended
    this.running.remove(attempt)
    // Others of its type may have waited for nothing but its end.
    if (Number.isFinite(concurrency)) this.#hungry = true
    this.#kick()
  }

  #change(): void {
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }
}
