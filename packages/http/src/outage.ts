import type { JobQueue } from '@jq/core'
import { Problem } from './problem.ts'

/** A request that takes so long is asked about: does it wait for a database that is away? */
const SUSPECT_AFTER_MS = 1_500
/** How long what was seen of the database holds. */
const FRESH_MS = 1_000

/**
 * Whether the database is away, which the queue itself bears for half a minute: longer than whoever asks over HTTP wants to wait. It is
 * asked only when a request is slow, and while it is away.
 */
export class Outage {
  readonly #jobqueue: JobQueue
  #isAway = false
  #seen: { readonly away: Promise<boolean>; readonly at: number } | undefined

  constructor(jobqueue: JobQueue) {
    this.#jobqueue = jobqueue
  }

  /** @throws Problem 503 where the database is known to be away: nothing was begun */
  async refuse(): Promise<void> {
    if (this.#isAway && (await this.#look())) throw away()
  }

  /**
   * Answers what `work` answers.
   *
   * @throws Problem 503 if the database turns out to be away meanwhile; a write is not taken back by that, and may still be done
   */
  async watched<T>(work: Promise<T>, isWrite: boolean): Promise<T> {
    const over = new AbortController()
    try {
      return await Promise.race([work, this.#awayDuring(over.signal, isWrite)])
    } finally {
      over.abort()
      work.catch(() => undefined) // it was answered without it
    }
  }

  /** Throws, or never resolves. */
  async #awayDuring(over: AbortSignal, isWrite: boolean): Promise<never> {
    await pause(SUSPECT_AFTER_MS, over)
    while (!(await this.#look())) await pause(FRESH_MS, over)
    throw isWrite ? unknown() : away()
  }

  #look(): Promise<boolean> {
    const now = performance.now()
    if (this.#seen === undefined || now - this.#seen.at >= FRESH_MS)
      this.#seen = { away: this.#ask(), at: now }
    return this.#seen.away
  }

  async #ask(): Promise<boolean> {
    const health = await this.#jobqueue.health().catch(() => null) // a queue that was closed says so itself
    this.#isAway = health?.status === 'down'
    return this.#isAway
  }
}

function away(): Problem {
  return new Problem(503, 'unavailable', 'The database cannot be reached at the moment. Try again.', {
    headers: { 'retry-after': '5' },
  })
}

/** The queue goes on trying for half a minute. */
function unknown(): Problem {
  return new Problem(
    503,
    'commit_unknown',
    'The database went away while this was under way, and it may still be done. Look before you send it again.',
    { headers: { 'retry-after': '30' } },
  )
}

/** Never ends where `over` aborts: nobody waits for it any more. */
function pause(ms: number, over: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms)
    over.addEventListener('abort', () => clearTimeout(timer), { once: true })
    if (over.aborted) clearTimeout(timer)
  })
}
