import type { AttemptKey, ClaimedJob } from '@jq/core/internal'

/** An attempt that waits for a thread of this process. */
export interface Waiting {
  readonly claimed: ClaimedJob
  /** Milliseconds of the process's clock when its claim was answered. */
  readonly claimedAt: number
}

/**
 * What was claimed ahead of free threads, in the order of its claim, in which it begins. Nothing begins before the database knows
 * that it may have: it knows a place, up to which all have, so that it is told once a round trip and not once a job.
 */
export class ClaimedAhead {
  #queue: Waiting[] = []
  /** What stands in front of it in the queue has been taken. */
  #head = 0
  readonly #counts = new Map<string, number>()
  /** The last place that was given, that was taken, and up to which the database knows that they may have begun. */
  #given = 0
  #taken = 0
  #through = 0
  /** When something was taken last, or may have been. */
  #movedAt = 0

  get size(): number {
    return this.#queue.length - this.#head
  }

  get all(): readonly ClaimedJob[] {
    return this.#queue.slice(this.#head).map(({ claimed }) => claimed)
  }

  /** The place after which the next claim is numbered. */
  get given(): number {
    return this.#given
  }

  countOf(type: string): number {
    return this.#counts.get(type) ?? 0
  }

  add(claimed: ClaimedJob): void {
    this.#queue.push({ claimed, claimedAt: performance.now() })
    this.#count(claimed, 1)
    this.#given = Math.max(this.#given, claimed.ahead ?? 0)
  }

  /** Those places may have been given by a claim whose answer was lost. */
  skip(places: number): void {
    this.#given += places
  }

  /** The first, if it may begin. */
  take(): Waiting | undefined {
    const first = this.#queue[this.#head]
    if (first === undefined || !this.#mayBegin(first)) return undefined
    this.#drop()
    this.#count(first.claimed, -1)
    this.#taken = Math.max(this.#taken, first.claimed.ahead ?? 0)
    this.#movedAt = performance.now()
    return first
  }

  takeAll(): readonly ClaimedJob[] {
    const { all } = this
    this.#queue = []
    this.#head = 0
    this.#counts.clear()
    return all
  }

  /** @returns whether it was here */
  remove({ seq, attempt }: AttemptKey): boolean {
    const at = this.#queue.findIndex(({ claimed }, at) => at >= this.#head && claimed.seq === seq)
    const found = this.#queue[at]?.claimed
    if (found?.attempt !== attempt) return false
    this.#queue.splice(at, 1)
    this.#count(found, -1)
    return true
  }

  /** The first waits for nothing but that the database knows. */
  get isHeldUp(): boolean {
    const first = this.#queue[this.#head]
    return first !== undefined && !this.#mayBegin(first)
  }

  /** For so long none of those that may begin has begun: the database had better know that they have not. */
  isStale(afterMs: number): boolean {
    const first = this.#queue[this.#head]
    return first !== undefined && this.#mayBegin(first) && performance.now() - this.#movedAt > afterMs
  }

  /** The place to tell the database, if so many more are likely to begin soon; nothing behind it begins from here on. */
  tell(soon: number): number | undefined {
    const through = Math.max(this.#taken, this.#placeOf(soon))
    if (through === this.#through) return undefined
    this.#through = Math.min(this.#through, through)
    return through
  }

  /** The database knows. */
  told(through: number): void {
    this.#through = through
    this.#movedAt = performance.now()
  }

  #mayBegin({ claimed: { ahead } }: Waiting): boolean {
    return ahead === null || ahead <= this.#through
  }

  /** Of the so-manieth in the queue, or of one that will be. */
  #placeOf(number: number): number {
    if (number === 0) return this.#taken
    if (number > this.size) return this.#given + number - this.size
    return this.#queue[this.#head + number - 1]?.claimed.ahead ?? this.#taken
  }

  /** In front of the queue, without moving all that follows each time. */
  #drop(): void {
    this.#head++
    if (this.#head < 100 || 2 * this.#head < this.#queue.length) return
    this.#queue = this.#queue.slice(this.#head)
    this.#head = 0
  }

  #count({ type }: ClaimedJob, by: number): void {
    this.#counts.set(type, this.countOf(type) + by)
  }
}
