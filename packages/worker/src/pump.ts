import type { WorkService } from '@jq/core'
import { AttemptAbortedError, ClosedError } from '@jq/core'
import type { AttemptKey, ClaimedJob, ClaimedType, Outcome, StepAnswer, StepRequest } from '@jq/core/internal'
import { type AbortReason, Attempt, type AttemptSurroundings } from './attempt.ts'
import { ClaimFloor } from './claim-floor.ts'
import { ClaimedAhead, type Waiting } from './claimed-ahead.ts'
import type { Handlers, RegisteredHandler } from './handlers.ts'
import { LateBegins } from './late-begins.ts'
import { Outbox } from './outbox.ts'
import { Pace } from './pace.ts'
import { recordedError } from './recorded-error.ts'
import { RunningAttempts } from './running-attempts.ts'
import { SeenLimits } from './seen-limits.ts'
import { Stragglers } from './stragglers.ts'
import type { Tally } from './tally.ts'
import { pauseMs, Rest } from './wait.ts'

/** Rows that a caller's transaction holds are tried again after this: it may last, and asking is not free. */
const BUSY_MS = 100
/** Claimed ahead is what threads begin during so many round trips. */
const TRIPS_AHEAD = 4
/**
 * Attempts that begin in one turn of the event loop, at most: handlers that wait for nothing would else all run in one, and the
 * database would have nothing to do meanwhile, nor the process while the database settles them.
 */
const PER_TURN = 100
/** How often the database is told what threads have begun, or have not, where nothing else is to be told. */
const TELL_MS = 1_000

export interface PumpSurroundings extends AttemptSurroundings {
  readonly work: WorkService
  readonly handlers: Handlers
  readonly threads: number
  /** Claimed ahead of free threads, at most. */
  readonly prefetch: number
  /** Attempts to begin, at most. */
  readonly maxJobs: number
  readonly maxCrashCount: number
  readonly tally: Tally
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
  readonly #outbox: Outbox
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
  readonly #stragglers = new Stragglers()
  readonly #ahead = new ClaimedAhead()
  readonly #late = new LateBegins()
  readonly #pace = new Pace()
  readonly #floor = new ClaimFloor()
  readonly #limits = new SeenLimits()
  #telling: NodeJS.Timeout | undefined
  #begun = 0
  #begunInTurn = 0
  #nextTurn: NodeJS.Immediate | undefined
  /** For those who wait for an end, while they do. */
  #changed: PromiseWithResolvers<void> | undefined

  constructor(around: PumpSurroundings) {
    this.#around = around
    this.#outbox = new Outbox(around.tally)
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
    if (dry) this.#giveBack()
  }

  get idle(): boolean {
    return this.running.size === 0 && this.#ahead.size === 0
  }

  /** Attempts that it has begun. */
  get begun(): number {
    return this.#begun
  }

  /** True while it waits to be told of work, with threads to spare. */
  get sleeps(): boolean {
    return !this.#hungry && this.#room > 0
  }

  /** The attempts that this process believes in. */
  get held(): readonly AttemptKey[] {
    return [...this.inHand, ...this.#outbox.all]
  }

  /** Those of them that have no outcome yet. */
  get inHand(): readonly AttemptKey[] {
    return [...this.running.open.map(({ key }) => key), ...this.#ahead.all.map(keyOf)]
  }

  /** Ends an attempt in hand: one that runs is aborted, one that only waits for a thread never runs. */
  end(key: AttemptKey, reason: AbortReason): void {
    this.running.find(key)?.abort(reason)
    if (!this.#ahead.remove(key)) return
    const error = recordedError(new AttemptAbortedError('cancelled'))
    if (reason === 'cancelled') this.#outbox.put({ ...keyOf(key), kind: 'cancelled', error })
    this.#kick()
  }

  /** What runs is told to end, and given back. */
  abortAll(): void {
    for (const attempt of this.running.open) attempt.abort('shutdown')
  }

  /** No claim begins after the call; what is counted from here on is what `drained` tells. */
  stopClaiming(): void {
    if (this.#claiming) this.#outbox.countAnew()
    this.#claiming = false
    clearTimeout(this.#telling)
    this.#giveBack()
  }

  /** Resolves when every attempt has an outcome, and every outcome is recorded. */
  async drained(): Promise<{ finished: number; released: number }> {
    await this.rested()
    return this.#outbox.counts
  }

  /** Resolves when nothing is open, and nothing is there to claim that it knows of. */
  async rested(): Promise<void> {
    this.#kick()
    while (this.running.openSize > 0 || this.#outbox.size > 0 || this.#rounds !== undefined) {
      this.#changed ??= Promise.withResolvers()
      await this.#changed.promise
    }
  }

  /** Gives up on outcomes that cannot be written: their attempts will be reaped. */
  abandonOutcomes(): number {
    this.#abandoned = true
    this.#rest.nudge()
    return this.#outbox.takeAll().length
  }

  /** For what is claimed, by the threads and ahead of them. */
  get #room(): number {
    const { threads, maxJobs } = this.#around
    const held = this.running.size + this.#ahead.size
    return Math.min(threads + this.#roomAhead - held, maxJobs - this.#begun - this.#ahead.size)
  }

  /** As much as threads begin during a few round trips, up to the prefetch: where attempts take longer than these, none. */
  get #roomAhead(): number {
    const { threads, prefetch } = this.#around
    if (prefetch === 0 || this.#limits.wait) return 0
    const perTrip = this.#pace.perTrip(threads)
    return perTrip === undefined ? prefetch : Math.min(prefetch, TRIPS_AHEAD * perTrip)
  }

  get #freeThreads(): number {
    return this.#around.threads - this.running.size
  }

  /** Once per turn of the event loop, however often it is asked. */
  #kick(): void {
    this.#rounds ??= this.#runRounds()
  }

  async #runRounds(): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    while (this.#outbox.size > 0 || this.#tellsWait || this.#claimable().length > 0) await this.#round()
    this.#rounds = undefined
    this.#change()
  }

  /** What could be claimed now: nothing while a job runs that must run alone, or while threads run dry for one. */
  #claimable(): ClaimedType[] {
    if (
      !this.#claiming ||
      !this.#hungry ||
      !this.#isRoomEnough ||
      (this.#drying && !this.idle) ||
      this.running.runAlone
    )
      return []
    return this.#around.handlers.claimable(
      this.#room,
      (type) => this.running.countOf(type) + this.#ahead.countOf(type),
    )
  }

  /** What is claimed ahead is claimed by halves, so that not every claim is for one; a thread that has nothing waits for no half. */
  get #isRoomEnough(): boolean {
    const starving = this.#freeThreads > this.#ahead.size
    return this.#room > 0 && (starving || this.#room > this.#roomAhead / 2)
  }

  /** A thread waits for the database to know that attempts begin, or it should know what goes on. */
  get #tellsWait(): boolean {
    if (!this.#claiming) return false
    return (
      (this.#freeThreads > 0 && this.#ahead.isHeldUp) || this.#ahead.isStale(TELL_MS) || this.#late.areDue
    )
  }

  /** Up to which place attempts may begin until the step after this one is answered. */
  #begunThrough(): number | undefined {
    const { threads, prefetch } = this.#around
    if (prefetch === 0 || !this.#claiming) return undefined
    return this.#ahead.tell(this.#freeThreads + 2 * (this.#pace.perTrip(threads) ?? 0))
  }

  #claimOf(types: readonly ClaimedType[]): StepRequest['claim'] {
    if (types.length === 0) return null
    const { maxCrashCount, prefetch } = this.#around
    const claim = { types: this.#floor.under(types), room: this.#room, idle: this.idle, maxCrashCount }
    const free = Math.max(0, this.#freeThreads - this.#ahead.size)
    return prefetch === 0 ? claim : { ...claim, aheadOf: this.#ahead.given, free }
  }

  async #round(): Promise<void> {
    const { work, workerId } = this.#around
    const types = this.#claimable()
    const begins = this.#claiming ? this.#late.due() : []
    const begunThrough = this.#begunThrough()
    const claim = this.#claimOf(types)
    let outcomes: readonly Outcome[] = []
    try {
      await this.#stragglers.release(work, workerId, () => this.held)
      outcomes = this.#outbox.takeAll()
      this.#fed = false
      const askedAt = performance.now()
      const answer = await work.step({ workerId, outcomes, claim, begins, begunThrough })
      this.#pace.tripped(performance.now() - askedAt)
      this.#failures = 0
      if (claim !== null) this.#noteClaim(claim, answer)
      this.#late.told(begins, answer.busy)
      if (begunThrough !== undefined && answer.alive) this.#ahead.told(begunThrough)
      await this.#digest(outcomes, answer)
    } catch (error) {
      // A closed queue comes back no more; neither does one that its worker has given up on.
      if (error instanceof ClosedError) this.#claiming = false
      if (error instanceof ClosedError || this.#abandoned) {
        this.#outbox.takeAll()
        this.#ahead.takeAll()
        return
      }
      this.#outbox.putBack(outcomes)
      if (claim !== null) this.#stragglers.expect()
      this.#ahead.skip(claim?.room ?? 0)
      await this.#recover(error as Error)
    }
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
  #noteClaim(
    { types, room, free = room }: NonNullable<StepRequest['claim']>,
    { claimed, alive, contended, trodden, limited }: StepAnswer,
  ): void {
    this.#floor.note(claimed)
    if (trodden) this.#floor.raise()
    this.#limits.note(limited)
    const asked = Math.min(
      limited.length > 0 && free > 0 ? Math.min(free, room) : room,
      types.reduce((sum, type) => sum + type.room, 0),
    )
    const tookSolo = claimed.some(({ job }) => job.crashCount > 0)
    if (!alive || contended || tookSolo || this.#fed || claimed.length >= asked) return
    if (types.some(({ from }) => from !== undefined)) {
      this.#floor.drop() // and look once more, at everything
      return
    }
    this.#hungry = false
    this.#around.idle()
  }

  async #digest(
    outcomes: readonly Outcome[],
    { claimed, lost, busy, alive, contended, nextDueMs }: StepAnswer,
  ): Promise<void> {
    const ended = new Set(outcomes.map(({ seq }) => seq))
    for (const key of lost) {
      if (ended.has(key.seq))
        this.#around.logger.warn({ ...key }, 'an attempt was over before its outcome could be written')
      else this.end(key, 'attemptLost')
    }
    this.#outbox.settled(outcomes, [...lost, ...busy])
    for (const job of claimed) this.#take(job)
    this.#fillThreads()
    if (nextDueMs !== null) this.#around.due(nextDueMs)
    if (!alive) {
      this.#giveBack() // others have it by now
      await this.#around.beat()
    }
    // Somebody's open transaction may hold all that was seen, for long: asking at once again would only heat the server.
    if (contended && claimed.length === 0 && this.#outbox.size === 0) await this.#rest.for(BUSY_MS)
    if (busy.length > 0) await this.#putBack(outcomes, busy)
  }

  /** After a rest where nothing else is to do. */
  async #putBack(outcomes: readonly Outcome[], busy: readonly AttemptKey[]): Promise<void> {
    const held = new Set(busy.map(({ seq }) => seq))
    const others = this.#outbox.size
    this.#outbox.putBack(outcomes.filter(({ seq }) => held.has(seq)))
    if (others === 0) await this.#rest.for(BUSY_MS)
  }

  #take(claimed: ClaimedJob): void {
    if (this.#claiming && this.#around.handlers.of(claimed.job.type) !== undefined) this.#ahead.add(claimed)
    else this.#release([claimed])
  }

  #release(claimed: readonly ClaimedJob[]): void {
    for (const { seq, attempt } of claimed) this.#outbox.put({ seq, attempt, kind: 'released' })
  }

  /** What only waits for a thread. */
  #giveBack(): void {
    if (this.#ahead.size === 0) return
    this.#release(this.#ahead.takeAll())
    this.#kick()
  }

  #fillThreads(): void {
    while (this.#claiming && this.#freeThreads > 0 && this.#begunInTurn < PER_TURN) {
      const next = this.#ahead.take()
      if (next === undefined) break
      this.#begin(next)
    }
    if (this.#begunInTurn > 0) this.#nextTurn ??= setImmediate(() => this.#turn())
    if (this.#ahead.size > 0 || this.#late.size > 0)
      this.#telling ??= setTimeout(() => this.#tell(), TELL_MS).unref()
  }

  #turn(): void {
    this.#nextTurn = undefined
    this.#begunInTurn = 0
    this.#fillThreads()
  }

  #tell(): void {
    this.#telling = undefined
    this.#fillThreads()
    this.#kick()
  }

  #begin({ claimed, claimedAt }: Waiting): void {
    const handler = this.#around.handlers.of(claimed.job.type) as RegisteredHandler
    if (claimed.ahead !== null) this.#late.note(claimed)
    const waitedMs = claimed.ahead === null ? 0 : performance.now() - claimedAt
    const attempt = new Attempt(claimed, handler, this.#around, waitedMs)
    this.#begun++
    this.#begunInTurn++
    this.running.add(attempt)
    void this.#see(attempt, handler.concurrency)
  }

  async #see(attempt: Attempt, concurrency: number): Promise<void> {
    const begunAt = performance.now()
    const outcome = await attempt.outcome
    const ranMs = performance.now() - begunAt
    this.#pace.ran(ranMs)
    this.#late.ended(attempt.key)
    if (outcome !== null) this.#outbox.put(attempt.claimed.ahead === null ? outcome : { ...outcome, ranMs })
    else if (attempt.settled) this.#around.tally.add('succeeded')
    this.running.close(attempt)
    this.#change()
    this.#kick()
    await attempt.ended
    this.running.remove(attempt)
    this.#fillThreads()
    // Others of its type may have waited for nothing but its end.
    if (Number.isFinite(concurrency) || this.#limits.has(attempt.claimed.job.type)) this.#hungry = true
    this.#kick()
  }

  #change(): void {
    this.#changed?.resolve()
    this.#changed = undefined
  }
}

function keyOf({ seq, attempt }: AttemptKey): AttemptKey {
  return { seq, attempt }
}
