import { AttemptAbortedError, ClosedError } from '@jq/core'
import type { AttemptKey, ClaimedJob, Outcome, StepAnswer } from '@jq/core/internal'
import type { AbortReason, Attempt } from './attempt.ts'
import { type Claim, Claims, type ClaimsSurroundings } from './claims.ts'
import { type Flight, Flights } from './flights.ts'
import { Hands, type HandsSurroundings, type Told } from './hands.ts'
import { Outbox } from './outbox.ts'
import { recordedError } from './recorded-error.ts'
import type { RunningAttempts } from './running-attempts.ts'
import { Stragglers } from './stragglers.ts'
import type { Tally } from './tally.ts'
import { pauseMs, Rest } from './wait.ts'

/** Rows that a caller's transaction holds are tried again after this: it may last, and asking is not free. */
const BUSY_MS = 100
/** Round trips under way at once, at most: while the database works on one, the process gathers the next. */
const FLIGHTS = 2

export interface PumpSurroundings extends HandsSurroundings, Omit<ClaimsSurroundings, 'hands' | 'flights'> {
  readonly tally: Tally
  /** This process was taken for dead, or has not beaten for too long. */
  beat(): Promise<void>
  /** A retry is due this soon. */
  due(inMs: number): void
}

/**
 * Has a thread room, is an outcome waiting? One round trip settles what ended and claims what fits. While it is under way outcomes
 * and free threads gather for the next, so that batches form by themselves and nothing waits for a timer. A second one leaves
 * beside it as soon as half a load has gathered, so that the database works while the process does. Nothing is held back to make
 * halves: where all ends at once one round trip is cheaper than two.
 */
export class Pump {
  readonly #around: PumpSurroundings
  readonly #outbox: Outbox
  readonly #flights = new Flights()
  readonly #lanes = Array.from({ length: FLIGHTS }, () => ({ busy: false, rest: new Rest() }))
  readonly #stragglers = new Stragglers()
  readonly #hands: Hands
  readonly #claims: Claims
  #departure: NodeJS.Immediate | undefined
  #failures = 0
  #abandoned = false
  /** For those who wait for an end, while they do. */
  #changed: PromiseWithResolvers<void> | undefined

  constructor(around: PumpSurroundings) {
    this.#around = around
    this.#outbox = new Outbox(around.tally)
    this.#hands = new Hands(around, {
      judged: (attempt, outcome) => this.#judged(attempt, outcome),
      over: (attempt) => this.#over(attempt),
      tell: () => this.#kick(),
    })
    this.#claims = new Claims({ ...around, hands: this.#hands, flights: this.#flights })
  }

  /** Work may be waiting. */
  feed(): void {
    this.#claims.feed()
    this.#kick()
  }

  /** Claims no more until nothing runs, so that a job which must run alone can. */
  runDry(dry: boolean): void {
    this.#claims.runDry(dry)
    if (dry) this.#giveBack()
  }

  get running(): RunningAttempts {
    return this.#hands.running
  }

  get idle(): boolean {
    return this.#hands.size === 0
  }

  /** Attempts that it has begun. */
  get begun(): number {
    return this.#hands.begun
  }

  /** True while it waits to be told of work, with threads to spare. */
  get sleeps(): boolean {
    return this.#claims.areAsleep
  }

  /** The attempts that this process believes in. */
  get held(): readonly AttemptKey[] {
    return [...this.inHand, ...this.#outbox.all]
  }

  /** Those of them that have no outcome yet. */
  get inHand(): readonly AttemptKey[] {
    return this.#hands.keys
  }

  /** Ends an attempt in hand: one that runs is aborted, one that only waits for a thread never runs. */
  end(key: AttemptKey, reason: AbortReason): void {
    if (!this.#hands.end(key, reason)) return
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
    if (!this.#claims.stopped) this.#outbox.countAnew()
    this.#stop()
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

  #stop(): void {
    this.#claims.stop()
    this.#hands.close()
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
    const tellsWait = this.#hands.haveNews && !this.#flights.tells
    if (this.#flights.size === 0) return this.#outbox.size > 0 || tellsWait || this.#claims.areDue
    if (this.#failures > 0 || this.#stragglers.areDue) return false
    return tellsWait || this.#load >= this.#halfALoad
  }

  /** What would leave now. */
  get #load(): number {
    return this.#outbox.size + (this.#claims.areDue ? this.#claims.room : 0)
  }

  get #halfALoad(): number {
    return Math.max(this.#around.threads, this.#claims.roomAhead) / 2
  }

  #nextTrip(): Trip {
    const trip = {
      claim: this.#claims.next(),
      outcomes: this.#outbox.takeAll(),
      feeds: this.#claims.feeds,
    }
    const tells = this.#around.prefetch > 0 && !this.#flights.tells
    return { ...trip, tells, told: tells ? this.#hands.news() : null }
  }

  async #trip(rest: Rest): Promise<void> {
    const trip = this.#stragglers.areDue ? STRAGGLERS : this.#nextTrip()
    this.#flights.begin(trip)
    try {
      if (trip === STRAGGLERS) await this.#releaseStragglers()
      else await this.#goAndReturn(trip, rest)
    } catch (error) {
      this.#land(trip)
      await this.#recover(error as Error, trip, rest)
    }
  }

  async #goAndReturn(trip: Trip, rest: Rest): Promise<void> {
    const answer = await this.#ask(trip)
    this.#land(trip)
    this.#failures = 0
    this.#note(trip, answer)
    await this.#digest(trip.outcomes, answer, rest)
  }

  /** No other trip is under way. */
  async #releaseStragglers(): Promise<void> {
    const { work, workerId } = this.#around
    await this.#stragglers.release(work, workerId, this.held)
    this.#land(STRAGGLERS)
  }

  #land(trip: Trip): void {
    this.#flights.end(trip)
    if (trip.claim?.aheadOf !== undefined) this.#hands.freePlaces(trip.claim.aheadOf)
  }

  async #ask({ claim, outcomes, told }: Trip): Promise<StepAnswer> {
    const { work, workerId } = this.#around
    const askedAt = performance.now()
    const answer = await work.step({ workerId, outcomes, claim, ...told })
    this.#hands.tripped(performance.now() - askedAt)
    return answer
  }

  #note({ claim, told, feeds }: Trip, answer: StepAnswer): void {
    if (claim !== null) this.#claims.note(claim, answer, this.#claims.feeds > feeds)
    if (told !== null) this.#hands.told(told, answer.busy, answer.alive)
  }

  async #recover(error: Error, { claim, outcomes }: Trip, rest: Rest): Promise<void> {
    // A closed queue comes back no more; neither does one that its worker has given up on.
    if (error instanceof ClosedError) this.#stop()
    if (error instanceof ClosedError || this.#abandoned) {
      this.#outbox.takeAll()
      this.#hands.takeWaiting()
      return
    }
    this.#outbox.putBack(outcomes)
    if (claim !== null) this.#stragglers.expect()
    this.#failures++
    this.#around.logger.warn(
      { event: 'step.failed', err: error, failures: this.#failures },
      'a step failed; its outcomes are kept and tried again',
    )
    if (this.#failures === 1) this.#around.onError(error)
    await rest.for(pauseMs(this.#failures))
  }

  async #digest(
    outcomes: readonly Outcome[],
    { claimed, lost, busy, alive, contended, nextDueMs }: StepAnswer,
    rest: Rest,
  ): Promise<void> {
    if (lost.length > 0) this.#lose(lost, outcomes)
    this.#outbox.settled(outcomes, [...lost, ...busy])
    this.#release(this.#hands.take(claimed))
    this.#hands.fill()
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

  #release(claimed: readonly ClaimedJob[]): void {
    for (const { seq, attempt } of claimed) this.#outbox.put({ seq, attempt, kind: 'released' })
  }

  /** What only waits for a thread. */
  #giveBack(): void {
    if (this.#hands.waiting === 0) return
    this.#release(this.#hands.takeWaiting())
    this.#kick()
  }

  #judged(attempt: Attempt, outcome: Outcome | null): void {
    if (outcome !== null) this.#outbox.put(outcome)
    else if (attempt.settled) this.#around.tally.add('succeeded')
    this.#change()
    this.#kick()
  }

  #over({ claimed, handler }: Attempt): void {
    this.#claims.ended(claimed.type, handler.concurrency)
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
  readonly claim: Claim | null
  /** What attempts have begun, or may, unless another trip tells. */
  readonly told: Told | null
  /** How often work had been announced when it left. */
  readonly feeds: number
}

/** What lost replies may have claimed is given back. */
const STRAGGLERS: Trip = {
  claim: null,
  outcomes: [],
  tells: true,
  told: null,
  feeds: 0,
}

function keyOf({ seq, attempt }: AttemptKey): AttemptKey {
  return { seq, attempt }
}
