import type { ClaimedType, StepAnswer, StepRequest } from '@jq/core/internal'
import { ClaimFloor } from './claim-floor.ts'
import type { Flights } from './flights.ts'
import type { Handlers } from './handlers.ts'
import type { Hands } from './hands.ts'
import { SeenLimits } from './seen-limits.ts'

export type Claim = NonNullable<StepRequest['claim']>

/** Claimed ahead is what threads begin during so many round trips. */
const TRIPS_AHEAD = 4

export interface ClaimsSurroundings {
  readonly handlers: Handlers
  readonly threads: number
  /** Claimed ahead of free threads, at most. */
  readonly prefetch: number
  /** Attempts to begin, at most. */
  readonly maxJobs: number
  readonly maxCrashCount: number
  readonly hands: Hands
  readonly flights: Flights
  /** Nothing is left to claim. */
  idle(): void
}

/** Whether there is something to claim, how much and of which types: by the room there is, and what the claims before have told. */
export class Claims {
  readonly #around: ClaimsSurroundings
  /** More may be waiting; false once a claim came back short, until somebody says otherwise. */
  #hungry = true
  /** How often somebody said so: a claim that left before may have looked before that work was there. */
  #feeds = 0
  /** A job that must run alone may be waiting. */
  #asksSolo = true
  /** Others took what the last claim had seen. */
  #contended = false
  #stopped = false
  #drying = false
  readonly #floor = new ClaimFloor()
  readonly #limits = new SeenLimits()
  readonly #countOf = (type: string) => this.#around.hands.countOf(type)

  constructor(around: ClaimsSurroundings) {
    this.#around = around
  }

  get feeds(): number {
    return this.#feeds
  }

  get stopped(): boolean {
    return this.#stopped
  }

  /** There is room, and nothing that it knows of to fill it. */
  get areAsleep(): boolean {
    return !this.#hungry && this.room > 0
  }

  /** Work may be waiting. */
  feed(): void {
    this.#hungry = true
    this.#asksSolo = true
    this.#feeds++
  }

  /** Others of this type may have waited for nothing but the end of one. */
  ended(type: string, concurrency: number): void {
    if (Number.isFinite(concurrency) || this.#limits.has(type)) this.#hungry = true
  }

  /** Nothing more until nothing runs, so that a job which must run alone can. */
  runDry(dry: boolean): void {
    this.#drying = dry
  }

  stop(): void {
    this.#stopped = true
  }

  /** For what is claimed, by the threads and ahead of them. */
  get room(): number {
    const { threads, maxJobs, hands, flights } = this.#around
    return Math.min(
      threads + this.roomAhead - hands.size - flights.load,
      maxJobs - hands.begun - hands.waiting - flights.room,
    )
  }

  /** As much as threads begin during a few round trips, up to the prefetch: where attempts take longer than these, none. */
  get roomAhead(): number {
    const { prefetch, hands } = this.#around
    if (prefetch === 0 || this.#limits.wait) return 0
    const { perTrip } = hands
    return perTrip === undefined ? prefetch : Math.min(prefetch, TRIPS_AHEAD * perTrip)
  }

  /** Nothing is, while a job runs that must run alone, or while threads run dry for one. */
  get areDue(): boolean {
    if (this.#stopped || !this.#hungry || !this.#isRoomEnough || this.#mustWait) return false
    return this.#around.handlers.haveRoom(this.room, this.#countOf)
  }

  /** What to ask for now, if anything. Its places are kept from here on, until it has been answered. */
  next(): Claim | null {
    if (!this.areDue) return null
    const { maxCrashCount, prefetch, handlers, hands } = this.#around
    const { room } = this
    const types = handlers.claimable(room, this.#countOf)
    const beside = this.#besides(types, room)
    const idle = this.#looksForSolo
    const claim = { types: this.#floor.under(types), room, idle, beside, maxCrashCount }
    return prefetch === 0 ? claim : { ...claim, aheadOf: hands.reserve(room), free: hands.free }
  }

  /**
   * A claim was answered; `fed` says whether work was announced meanwhile. One that came back short of its room has seen the end of
   * what waits, unless others were quicker.
   */
  note({ types, room, idle, free = room }: Claim, answer: StepAnswer, fed: boolean): void {
    const { claimed, alive, contended, trodden, limited } = answer
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

  /**
   * What runs alone is looked for where nothing runs, with room for all, so that nothing is claimed beside it; once a claim has seen
   * that there is none, no more.
   */
  get #looksForSolo(): boolean {
    return this.#isQuiet && (this.#asksSolo || this.#drying)
  }

  /** Nothing runs, and nothing is coming. */
  get #isQuiet(): boolean {
    return this.#around.hands.size === 0 && !this.#around.flights.claims
  }

  get #mustWait(): boolean {
    const { hands, flights } = this.#around
    if (this.#drying && !this.#isQuiet) return true
    return hands.running.runAlone || (flights.claims && this.#goOneByOne)
  }

  /** Of limited types one has to know what came before asking for more. */
  get #goOneByOne(): boolean {
    return this.#around.handlers.areLimited || this.#limits.wait
  }

  /** What is claimed ahead is claimed by halves, so that not every claim is for one; a thread that has nothing waits for no half. */
  get #isRoomEnough(): boolean {
    const { room } = this
    return room > 0 && (this.#around.hands.free > 0 || room > this.roomAhead / 2)
  }

  /** How many of the first others may have in their hands. Looking past them would mix up who has how much room of its own. */
  #besides(types: readonly ClaimedType[], room: number): number {
    if (types.some((type) => type.room < room)) return 0
    return this.#around.flights.room + (this.#contended ? room : 0)
  }
}
