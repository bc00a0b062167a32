import type { WorkService } from '@jq/core'
import { AttemptAbortedError, ClosedError } from '@jq/core'
import type {
  AttemptKey,
  Begin,
  ClaimedJob,
  ClaimedType,
  Outcome,
  StepAnswer,
  StepRequest,
} from '@jq/core/internal'
import { type AbortReason, Attempt, type AttemptEnds, type AttemptSurroundings } from './attempt.ts'
import { ClaimFloor } from './claim-floor.ts'
import { ClaimedAhead, type Waiting } from './claimed-ahead.ts'
import { type Flight, Flights } from './flights.ts'
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
/** Round trips under way at once, at most: while the database works on one, the process gathers the next. */
const FLIGHTS = 2
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
 * Has a thread room, is an outcome waiting? One round trip settles what ended and claims what fits. While it is under way outcomes
 * and free threads gather for the next, so that batches form by themselves and nothing waits for a timer. A second one leaves
 * beside it as soon as half a load has gathered, so that the database works while the process does. Nothing is held back to make
 * halves: where all ends at once one round trip is cheaper than two.
 */
export class Pump {
  readonly running = new RunningAttempts()
  readonly #around: PumpSurroundings
  readonly #outbox: Outbox
  /** More may be waiting; false once a claim came back short, until somebody says otherwise. */
  #hungry = true
  /** How often somebody said so: a claim that left before may have looked before that work was there. */
  #feeds = 0
  /** A job that must run alone may be waiting. */
  #asksSolo = true
  /** Others took what the last claim had seen. */
  #contended = false
  #claiming = true
  #drying = false
  #abandoned = false
  #failures = 0
  readonly #flights = new Flights()
  readonly #lanes = Array.from({ length: FLIGHTS }, () => ({ busy: false, rest: new Rest() }))
  #departure: NodeJS.Immediate | undefined
  readonly #stragglers = new Stragglers()
  readonly #ahead = new ClaimedAhead()
  readonly #late = new LateBegins()
  readonly #pace = new Pace()
  readonly #floor = new ClaimFloor()
  readonly #limits = new SeenLimits()
  readonly #ends: AttemptEnds = {
    judged: (attempt, outcome) => this.#judged(attempt, outcome),
    over: (attempt) => this.#over(attempt),
  }
  #telling: NodeJS.Timeout | undefined
  #begun = 0
  #begunInTurn = 0
  #isFilling = false
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
    this.#asksSolo = true
    this.#feeds++
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
    while (this.running.openSize > 0 || this.#outbox.size > 0 || this.#isUnderWay) await this.#nextChange()
  }

  /** Resolves when every attempt has an outcome; it may not be recorded yet. */
  async allJudged(): Promise<void> {
    while (this.running.openSize > 0) await this.#nextChange()
  }

  /** Gives up on outcomes that cannot be written: their attempts will be reaped. */
  abandonOutcomes(): number {
    this.#abandoned = true
    for (const { rest } of this.#lanes) rest.nudge()
    return this.#outbox.takeAll().length
  }

  /** For what is claimed, by the threads and ahead of them. */
  get #room(): number {
    const { threads, maxJobs } = this.#around
    const { running } = this
    return Math.min(
      threads + this.#roomAhead - running.size - this.#ahead.size - this.#flights.load,
      maxJobs - this.#begun - this.#ahead.size - this.#flights.room,
    )
  }

  /**
   * What runs alone is looked for where nothing runs, with room for all, so that nothing is claimed beside it; once a claim has seen
   * that there is none, no more.
   */
  get #claimsIdle(): boolean {
    return this.#isQuiet && (this.#asksSolo || this.#drying)
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

  get #isUnderWay(): boolean {
    return this.#departure !== undefined || this.#lanes.some(({ busy }) => busy)
  }

  /** Once per turn of the event loop, however often it is asked. */
  #kick(): void {
    if (this.#lanes.every(({ busy }) => busy)) return
    this.#departure ??= setImmediate(() => {
      this.#departure = undefined
      for (const lane of this.#lanes) if (!lane.busy) void this.#fly(lane)
    })
  }

  async #fly(lane: Lane): Promise<void> {
    lane.busy = true
    while (this.#isTripDue) await this.#trip(lane.rest)
    lane.busy = false
    this.#change()
  }

  /** Alone it leaves for anything, beside another one for half a load. */
  get #isTripDue(): boolean {
    const claims = this.#claimable().length > 0
    if (this.#flights.size === 0) return this.#outbox.size > 0 || this.#tellsWait || claims
    if (this.#failures > 0 || this.#stragglers.areDue) return false
    return this.#tellsWait || this.#outbox.size + (claims ? this.#room : 0) >= this.#halfALoad
  }

  get #halfALoad(): number {
    const { threads } = this.#around
    return Math.max(threads, this.#roomAhead) / 2
  }

  /** What could be claimed now: nothing while a job runs that must run alone, or while threads run dry for one. */
  #claimable(): ClaimedType[] {
    if (!this.#claiming || !this.#hungry || !this.#isRoomEnough || this.#mustNotClaim) return []
    return this.#around.handlers.claimable(
      this.#room,
      (type) => this.running.countOf(type) + this.#ahead.countOf(type),
    )
  }

  get #mustNotClaim(): boolean {
    if (this.#drying && !this.#isQuiet) return true
    return this.running.runAlone || (this.#flights.claims && this.#claimsOneByOne)
  }

  /** What is claimed ahead is numbered; and of limited types one has to know what came before asking for more. */
  get #claimsOneByOne(): boolean {
    return this.#around.prefetch > 0 || this.#around.handlers.areLimited || this.#limits.wait
  }

  /** Nothing runs, and nothing is coming. */
  get #isQuiet(): boolean {
    return this.idle && !this.#flights.claims
  }

  /** What is claimed ahead is claimed by halves, so that not every claim is for one; a thread that has nothing waits for no half. */
  get #isRoomEnough(): boolean {
    const starving = this.#freeThreads > this.#ahead.size
    return this.#room > 0 && (starving || this.#room > this.#roomAhead / 2)
  }

  /** A thread waits for the database to know that attempts begin, or it should know what goes on. */
  get #tellsWait(): boolean {
    if (!this.#claiming || this.#flights.tells) return false
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
    const idle = this.#claimsIdle
    const room = this.#room
    const beside = this.#besides(types, room)
    const claim = { types: this.#floor.under(types), room, idle, beside, maxCrashCount }
    const free = Math.max(0, this.#freeThreads - this.#ahead.size)
    return prefetch === 0 ? claim : { ...claim, aheadOf: this.#ahead.given, free }
  }

  /** How many of the first others may have in their hands. Looking past them would mix up who has how much room of its own. */
  #besides(types: readonly ClaimedType[], room: number): number {
    if (types.some((type) => type.room < room)) return 0
    return this.#flights.room + (this.#contended ? room : 0)
  }

  #nextTrip(): Trip {
    const claim = this.#claimOf(this.#claimable())
    const trip = { claim, outcomes: this.#outbox.takeAll(), feeds: this.#feeds }
    if (this.#flights.tells || this.#around.prefetch === 0)
      return { ...trip, tells: false, begins: [], begunThrough: undefined }
    const begins = this.#claiming ? this.#late.due() : []
    return { ...trip, tells: true, begins, begunThrough: this.#begunThrough() }
  }

  async #trip(rest: Rest): Promise<void> {
    const trip = this.#stragglers.areDue ? STRAGGLERS : this.#nextTrip()
    this.#flights.begin(trip)
    try {
      if (trip === STRAGGLERS) await this.#releaseStragglers()
      else await this.#goAndReturn(trip, rest)
    } catch (error) {
      this.#flights.end(trip)
      await this.#recover(error as Error, trip, rest)
    }
  }

  async #goAndReturn(trip: Trip, rest: Rest): Promise<void> {
    const answer = await this.#ask(trip)
    this.#flights.end(trip)
    this.#failures = 0
    this.#note(trip, answer)
    await this.#digest(trip.outcomes, answer, rest)
  }

  /** No other trip is under way. */
  async #releaseStragglers(): Promise<void> {
    const { work, workerId } = this.#around
    await this.#stragglers.release(work, workerId, this.held)
    this.#flights.end(STRAGGLERS)
  }

  async #ask({ claim, outcomes, begins, begunThrough }: Trip): Promise<StepAnswer> {
    const { work, workerId } = this.#around
    const askedAt = performance.now()
    const answer = await work.step({ workerId, outcomes, claim, begins, begunThrough })
    this.#pace.tripped(performance.now() - askedAt)
    return answer
  }

  #note({ claim, begins, begunThrough, feeds }: Trip, answer: StepAnswer): void {
    if (claim !== null) this.#noteClaim(claim, answer, this.#feeds > feeds)
    this.#late.told(begins, answer.busy)
    if (begunThrough !== undefined && answer.alive) this.#ahead.told(begunThrough)
  }

  async #recover(error: Error, { claim, outcomes }: Trip, rest: Rest): Promise<void> {
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
    this.#failures++
    this.#around.logger.warn(
      { event: 'step.failed', err: error, failures: this.#failures },
      'a step failed; its outcomes are kept and tried again',
    )
    if (this.#failures === 1) this.#around.onError(error)
    await rest.for(pauseMs(this.#failures))
  }

  /** A claim that came back short of what its types had room for has seen the end of what waits, unless others were quicker. */
  #noteClaim(
    { types, room, idle, free = room }: NonNullable<StepRequest['claim']>,
    { claimed, alive, contended, trodden, limited }: StepAnswer,
    fed: boolean,
  ): void {
    this.#floor.note(claimed)
    if (trodden) this.#floor.raise()
    this.#contended = contended
    this.#limits.note(limited)
    const asked = Math.min(
      limited.length > 0 && free > 0 ? Math.min(free, room) : room,
      types.reduce((sum, type) => sum + type.room, 0),
    )
    const isNameLeft = this.#around.handlers.rotate(types, claimed)
    if (idle && !fed && !isNameLeft) this.#asksSolo = false
    const tookSolo = claimed.some(({ crashCount }) => crashCount > 0)
    if (!alive || contended || tookSolo || fed || claimed.length >= asked) return
    if (types.some(({ from }) => from !== undefined)) {
      this.#floor.drop() // and look once more, at everything
      return
    }
    if (isNameLeft) return
    if (!idle && claimed.length === 0 && this.#isQuiet) {
      this.#asksSolo = true // and look once more, for what runs alone
      return
    }
    this.#hungry = false
    this.#around.idle()
  }

  async #digest(
    outcomes: readonly Outcome[],
    { claimed, lost, busy, alive, contended, nextDueMs }: StepAnswer,
    rest: Rest,
  ): Promise<void> {
    if (lost.length > 0) this.#lose(lost, outcomes)
    this.#outbox.settled(outcomes, [...lost, ...busy])
    for (const job of claimed) this.#take(job)
    this.#fillThreads()
    if (nextDueMs !== null) this.#around.due(nextDueMs)
    if (!alive) {
      this.#giveBack() // others have it by now
      await this.#around.beat()
    }
    // Somebody's open transaction may hold all that was seen, for long: asking at once again would only heat the server.
    const heldByOthers = contended && claimed.length === 0 && !this.#flights.claims
    if (heldByOthers && this.#outbox.size === 0) await rest.for(BUSY_MS)
    if (busy.length > 0) await this.#putBack(outcomes, busy, rest)
  }

  #lose(lost: readonly AttemptKey[], outcomes: readonly Outcome[]): void {
    const ended = new Set(outcomes.map(({ seq }) => seq))
    for (const key of lost) {
      if (ended.has(key.seq))
        this.#around.logger.warn(
          { event: 'job.outcomeLost', ...key },
          'an attempt was over before its outcome could be written',
        )
      else this.end(key, 'attemptLost')
    }
  }

  /** After a rest where nothing else is to do. */
  async #putBack(outcomes: readonly Outcome[], busy: readonly AttemptKey[], rest: Rest): Promise<void> {
    const held = new Set(busy.map(({ seq }) => seq))
    const others = this.#outbox.size
    this.#outbox.putBack(outcomes.filter(({ seq }) => held.has(seq)))
    if (others === 0) await rest.for(BUSY_MS)
  }

  #take(claimed: ClaimedJob): void {
    if (this.#claiming && this.#around.handlers.of(claimed.type) !== undefined) this.#ahead.add(claimed)
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

  /** An attempt that ends at once frees its thread for the next one. */
  #fillThreads(): void {
    if (this.#isFilling) return
    if (this.#ahead.size > 0) this.#beginAll()
    if (this.#begunInTurn > 0) this.#nextTurn ??= setImmediate(() => this.#turn())
    if (this.#ahead.size > 0 || this.#late.size > 0)
      this.#telling ??= setTimeout(() => this.#tell(), TELL_MS).unref()
  }

  /** In their service: what handlers call finds it. */
  #beginAll(): void {
    this.#isFilling = true
    try {
      this.#around.work.run(() => {
        for (let next = this.#next(); next !== undefined; next = this.#next()) this.#begin(next)
      })
    } finally {
      this.#isFilling = false
    }
  }

  #next(): Waiting | undefined {
    const mayBegin = this.#claiming && this.#freeThreads > 0 && this.#begunInTurn < PER_TURN
    return mayBegin ? this.#ahead.take() : undefined
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
    const handler = this.#around.handlers.of(claimed.type) as RegisteredHandler
    const waitedMs = claimed.ahead === null ? 0 : performance.now() - claimedAt
    const attempt = new Attempt(claimed, handler, this.#around, this.#ends, waitedMs)
    this.#begun++
    this.#begunInTurn++
    this.running.add(attempt)
    attempt.begin()
    if (attempt.isOpen && claimed.ahead !== null) this.#late.note(claimed, attempt.begunAt)
  }

  #judged(attempt: Attempt, outcome: Outcome | null): void {
    this.#pace.ran(performance.now() - attempt.begunAt)
    this.#late.ended(attempt.claimed)
    if (outcome !== null) this.#outbox.put(outcome)
    else if (attempt.settled) this.#around.tally.add('succeeded')
    this.running.close()
    this.#change()
    this.#kick()
  }

  #over(attempt: Attempt): void {
    const { claimed, handler } = attempt
    this.running.remove(attempt)
    // Others of its type may have waited for nothing but its end.
    if (Number.isFinite(handler.concurrency) || this.#limits.has(claimed.type)) this.#hungry = true
    this.#fillThreads()
    this.#kick()
  }

  #nextChange(): Promise<void> {
    this.#changed ??= Promise.withResolvers()
    return this.#changed.promise
  }

  #change(): void {
    this.#changed?.resolve()
    this.#changed = undefined
  }
}

/** One after the other leaves on it; it rests where there is trouble. */
interface Lane {
  busy: boolean
  readonly rest: Rest
}

/** A round trip, but for the outcomes that it takes along. */
interface Trip extends Flight {
  readonly begins: readonly Begin[]
  readonly begunThrough: number | undefined
  /** How often work had been announced when it left. */
  readonly feeds: number
}

/** What lost replies may have claimed is given back. */
const STRAGGLERS: Trip = {
  claim: null,
  outcomes: [],
  tells: true,
  begins: [],
  begunThrough: undefined,
  feeds: 0,
}

function keyOf({ seq, attempt }: AttemptKey): AttemptKey {
  return { seq, attempt }
}
