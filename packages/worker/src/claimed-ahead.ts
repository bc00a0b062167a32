import type { AttemptKey, ClaimedJob } from '@jq/core/internal'

/** An attempt that waits for a thread of this process. */
export interface Waiting {
  readonly claimed: ClaimedJob
  /** Milliseconds of the process's clock when its claim was answered. */
  readonly claimedAt: number
}

/**
 * What was claimed ahead of free threads, in the order of its places, in which it begins. Nothing begins before the database knows
 * that it may have: it knows a place, up to which all have, so that it is told once a round trip and not once a job. Claims under
 * way have their places; what they bring begins after what those before them bring.
 */
export class ClaimedAhead {
  #queue: Waiting[] = []
  /** What stands in front of it in the queue has been taken. */
  #head = 0
  readonly #counts = new Map<string, number>()
  /** For claims that have no answer yet, oldest first: so many places behind which. */
  readonly #reserved = new Map<number, number>()
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

  countOf(type: string): number {
    return this.#counts.get(type) ?? 0
  }

  /** For a claim of so many. @returns the place behind which they are */
  reserve(size: number): number {
    const from = this.#given
    this.#reserved.set(from, size)
    this.#given += size
    return from
  }

  /** The claim whose places are behind this one has been answered, or will never be. */
  free(from: number): void {
    this.#reserved.delete(from)
  }

  /** In the order of their places, whichever claim is answered first. */
  add(claimed: readonly ClaimedJob[]): void {
    if (claimed.length === 0) return
    const claimedAt = performance.now()
    const isBetween = placeOf(claimed[0]) < placeOf(this.#queue.at(-1)?.claimed)
    for (const job of claimed) {
      this.#queue.push({ claimed: job, claimedAt })
      this.#count(job, 1)
    }
    if (isBetween) this.#sort()
  }

  /** The first, if it may begin. */
  take(): Waiting | undefined {
    const first = this.#first
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
    const first = this.#first
    return first !== undefined && !this.#isKnown(first) && !this.#isBehindAClaim(first)
  }

  /** For so long none of those that may begin has begun: the database had better know that they have not. */
  isStale(afterMs: number): boolean {
    const first = this.#first
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

  get #first(): Waiting | undefined {
    return this.#queue[this.#head]
  }

  #sort(): void {
    this.#queue = this.#queue.slice(this.#head).sort(byPlace)
    this.#head = 0
  }

  #mayBegin(waiting: Waiting): boolean {
    return this.#isKnown(waiting) && !this.#isBehindAClaim(waiting)
  }

  #isKnown({ claimed: { ahead } }: Waiting): boolean {
    return ahead === null || ahead <= this.#through
  }

  /** What an earlier claim may still bring comes first. */
  #isBehindAClaim({ claimed }: Waiting): boolean {
    const [oldest] = this.#reserved
    return oldest !== undefined && placeOf(claimed) > oldest[0] + oldest[1]
  }

  /** Of the so-manieth in the queue, or of one that claims under way will bring, or those after them. */
  #placeOf(number: number): number {
    if (number === 0) return this.#taken
    if (number <= this.size) return this.#queue[this.#head + number - 1]?.claimed.ahead ?? this.#taken
    let beyond = number - this.size
    for (const [from, size] of this.#reserved) {
      if (beyond <= size) return from + beyond
      beyond -= size
    }
    return this.#given + beyond
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

/** What begins at once has none, and stands before all. */
function placeOf(claimed: ClaimedJob | undefined): number {
  return claimed?.ahead ?? 0
}

function byPlace(one: Waiting, other: Waiting): number {
  return placeOf(one.claimed) - placeOf(other.claimed)
}
