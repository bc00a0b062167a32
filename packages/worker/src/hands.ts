import type { WorkService } from '@jq/core'
import type { AttemptKey, Begin, ClaimedJob } from '@jq/core/internal'
import { type AbortReason, Attempt, type AttemptEnds, type AttemptSurroundings } from './attempt.ts'
import { ClaimedAhead, type Waiting } from './claimed-ahead.ts'
import type { Handlers, RegisteredHandler } from './handlers.ts'
import { LateBegins } from './late-begins.ts'
import { Pace } from './pace.ts'
import { RunningAttempts } from './running-attempts.ts'

/**
 * Attempts that begin in one turn of the event loop, at most: handlers that wait for nothing would else all run in one, and the
 * database would have nothing to do meanwhile, nor the process while the database settles them.
 */
const PER_TURN = 100
/** How often the database is told what threads have begun, or have not, where nothing else is to be told. */
const TELL_MS = 1_000

export interface HandsSurroundings extends AttemptSurroundings {
  readonly work: WorkService
  readonly handlers: Handlers
  readonly threads: number
}

/** Who hears of it. */
export interface HandsNews extends AttemptEnds {
  /** The database may have to be told of begins. */
  tell(): void
}

/** What was told in one round trip. */
export interface Told {
  readonly begins: readonly Begin[]
  readonly begunThrough: number | undefined
}

/**
 * What a process has in hand: attempts that run, a thread each, and those that wait for a thread, which begin as soon as one is
 * free and the database knows that they may.
 */
export class Hands {
  readonly running = new RunningAttempts()
  readonly #waiting = new ClaimedAhead()
  readonly #late = new LateBegins()
  readonly #pace = new Pace()
  readonly #around: HandsSurroundings
  readonly #news: HandsNews
  readonly #ends: AttemptEnds = {
    judged: (attempt, outcome) => {
      this.#pace.ran(performance.now() - attempt.begunAt)
      this.#late.ended(attempt.claimed)
      this.running.close()
      this.#news.judged(attempt, outcome)
    },
    over: (attempt) => {
      this.running.remove(attempt)
      this.#news.over(attempt)
      this.fill()
    },
  }
  #begun = 0
  #begunInTurn = 0
  #isFilling = false
  #isClosed = false
  #nextTurn: NodeJS.Immediate | undefined
  #telling: NodeJS.Timeout | undefined

  constructor(around: HandsSurroundings, news: HandsNews) {
    this.#around = around
    this.#news = news
  }

  /** Attempts that it has begun. */
  get begun(): number {
    return this.#begun
  }

  get waiting(): number {
    return this.#waiting.size
  }

  get size(): number {
    return this.running.size + this.#waiting.size
  }

  /** Threads that neither run nor have something waiting for them. */
  get free(): number {
    return Math.max(0, this.#freeThreads - this.#waiting.size)
  }

  /** How many attempts the threads begin during one round trip; undefined before the first. */
  get perTrip(): number | undefined {
    return this.#pace.perTrip(this.#around.threads)
  }

  /** The attempts that have no outcome yet. */
  get keys(): readonly AttemptKey[] {
    return [...this.running.open.map(({ key }) => key), ...this.#waiting.all.map(keyOf)]
  }

  countOf(type: string): number {
    return this.running.countOf(type) + this.#waiting.countOf(type)
  }

  /** One that runs is aborted. @returns whether it was one that only waited, and will never run */
  end(key: AttemptKey, reason: AbortReason): boolean {
    this.running.find(key)?.abort(reason)
    return this.#waiting.remove(key)
  }

  /** Nothing begins any more. */
  close(): void {
    this.#isClosed = true
    clearTimeout(this.#telling)
  }

  /** Places for a claim of so many, in the order of which they will begin. @returns the place behind which they are */
  reserve(size: number): number {
    return this.#waiting.reserve(size)
  }

  /** The claim whose places are behind this one brings nothing more. */
  freePlaces(from: number): void {
    this.#waiting.free(from)
  }

  /** @returns those that will not run: there is no handler for them, or threads begin nothing any more */
  take(claimed: readonly ClaimedJob[]): readonly ClaimedJob[] {
    if (this.#isClosed) return claimed
    const refused = claimed.filter(({ type }) => this.#around.handlers.of(type) === undefined)
    this.#waiting.add(refused.length === 0 ? claimed : claimed.filter((job) => !refused.includes(job)))
    return refused
  }

  /** Those that only wait for a thread. */
  takeWaiting(): readonly ClaimedJob[] {
    return this.#waiting.takeAll()
  }

  /** A round trip took so long. */
  tripped(ms: number): void {
    this.#pace.tripped(ms)
  }

  /** A thread waits for the database to know that attempts begin, or it should know what goes on. */
  get haveNews(): boolean {
    if (this.#isClosed) return false
    return (
      (this.#freeThreads > 0 && this.#waiting.isHeldUp) || this.#waiting.isStale(TELL_MS) || this.#late.areDue
    )
  }

  /**
   * What the database is to be told: what began and goes on, and up to which place attempts may begin until the step after this one
   * is answered.
   */
  news(): Told {
    if (this.#isClosed) return NOTHING
    const begins = this.#late.due()
    return { begins, begunThrough: this.#waiting.tell(this.#freeThreads + 2 * (this.perTrip ?? 0)) }
  }

  /** The database knows: but for what was `busy`, and for the places if it takes this worker for dead. */
  told({ begins, begunThrough }: Told, busy: readonly AttemptKey[], alive: boolean): void {
    this.#late.told(begins, busy)
    if (begunThrough !== undefined && alive) this.#waiting.told(begunThrough)
  }

  /** An attempt that ends at once frees its thread for the next one. */
  fill(): void {
    if (this.#isFilling) return
    if (this.#waiting.size > 0) this.#beginAll()
    if (this.#begunInTurn > 0) this.#nextTurn ??= setImmediate(() => this.#turn())
    if (this.#waiting.size > 0 || this.#late.size > 0)
      this.#telling ??= setTimeout(() => this.#tell(), TELL_MS).unref()
  }

  get #freeThreads(): number {
    return this.#around.threads - this.running.size
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
    const mayBegin = !this.#isClosed && this.#freeThreads > 0 && this.#begunInTurn < PER_TURN
    return mayBegin ? this.#waiting.take() : undefined
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

  #turn(): void {
    this.#nextTurn = undefined
    this.#begunInTurn = 0
    this.fill()
  }

  #tell(): void {
    this.#telling = undefined
    this.fill()
    this.#news.tell()
  }
}

const NOTHING: Told = { begins: [], begunThrough: undefined }

function keyOf({ seq, attempt }: AttemptKey): AttemptKey {
  return { seq, attempt }
}
