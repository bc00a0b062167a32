import { type AddResult, KeyHeldError, UnknownCommitError } from '@jq/core'
import type { PreparedJob } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import { isConnectionLoss, isCutShort, isLockTimeout, sqlVerdict } from './sql-state.ts'
import { type KnownRow, PATIENCE } from './statements/add-jobs.ts'
import type { ListOptions } from './statements/job-list.ts'
import { pauseMs, wait } from './wait.ts'

interface Waiting {
  readonly job: PreparedJob
  readonly resolve: (result: AddResult) => void
  readonly reject: (error: unknown) => void
  /** The reply to its insert was lost: it may be there. */
  isUnsure?: boolean
}

/** A statement with more jobs than these costs each caller latency and saves nobody anything. */
const MOST_JOBS = 500
const MOST_CHARACTERS = 1_000_000
/** Once a key is known to be taken, nobody waits for it any longer in front of others. */
const SHORT_PATIENCE = '20ms'
/** How long a job waits for its key. */
const KEY_PATIENCE_MS = 30_000

type AddStatement = (
  jobs: readonly PreparedJob[],
  patience: string,
  options: ListOptions,
) => CompiledQuery<KnownRow>

/**
 * Folds adds that are made at the same time: while one insert is in flight, calls gather, and the next takes them all. Each
 * resolves after the commit that holds its job; nothing waits for a timer. An error reaches only the call that caused it. A
 * job whose unique key is in the hands of somebody's open transaction waits for it beside the others, not in front of them.
 */
export class AddLane {
  readonly #database: Database
  readonly #statement: AddStatement
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined
  /** By unique key, those who wait until an open transaction gives it back. */
  readonly #held = new Map<string, Held[]>()
  #retrying: Promise<void> | undefined

  constructor(database: Database, statement: AddStatement) {
    this.#database = database
    this.#statement = statement
  }

  add(job: PreparedJob): Promise<AddResult> {
    return new Promise((resolve, reject) => {
      const waiting = { job, resolve, reject }
      if (this.#held.has(job.uniqueKey ?? '')) return this.#hold(waiting)
      this.#queue([waiting])
    })
  }

  #queue(more: readonly Waiting[]): void {
    this.#waiting.push(...more)
    if (this.#waiting.length > 0) this.#running ??= this.#run()
  }

  /** Resolves once everything that was asked is answered. */
  async drained(): Promise<void> {
    while (this.#running !== undefined || this.#retrying !== undefined)
      await Promise.all([this.#running, this.#retrying])
  }

  async #run(): Promise<void> {
    await Promise.resolve() // what the same turn of the event loop adds goes together
    while (this.#waiting.length > 0) await this.#insert(this.#take())
    this.#running = undefined
  }

  /** As many as fit into one statement, none of them twice: the second of two equal ids must find the first. */
  #take(): Waiting[] {
    const ids = new Set<string>()
    let characters = 0
    const end = this.#waiting.findIndex(({ job }, place) => {
      characters += job.payload.length
      if (place > 0 && (place === MOST_JOBS || characters > MOST_CHARACTERS || ids.has(job.id))) return true
      ids.add(job.id)
      return false
    })
    return this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
  }

  async #insert(batch: Waiting[], patience = PATIENCE): Promise<void> {
    try {
      this.#answer(batch, await this.#insertOnce(batch, patience))
    } catch (error) {
      await this.#blame(batch, error)
    }
  }

  /** Repeated where the reply is lost: the ids were made before the first try, so a job that is there already is this one. */
  async #insertOnce(batch: Waiting[], patience: string): Promise<KnownRow[]> {
    const jobs = batch.map(({ job }) => job)
    const answer = await this.#database.persistently(async () => {
      try {
        const repeats = batch.some(({ isUnsure }) => isUnsure)
        return await this.#database.oncePrepared(this.#statement(jobs, patience, { repeats }))
      } catch (error) {
        if (isConnectionLoss(error)) for (const waiting of batch) waiting.isUnsure = true
        // To repeat it would keep everybody waiting for one key. A server may let no statement be as patient as that.
        const waited = isLockTimeout(error) || (isCutShort(error) && patience === PATIENCE)
        if (waited && jobs.some(({ uniqueKey }) => uniqueKey !== null)) return new KeyTaken(error)
        throw error
      }
    })
    if (answer instanceof KeyTaken) throw answer
    return answer
  }

  /** All but the known were added, and those that are known after a lost reply are the ones just added. */
  #answer(batch: Waiting[], rows: readonly KnownRow[]): void {
    const known = new Map(rows.map(({ place, id }) => [Number(place) - 1, id]))
    for (const [place, { job, resolve, isUnsure }] of batch.entries()) {
      const id = known.get(place)
      const isAdded = id === undefined || (isUnsure === true && id === job.id)
      resolve({ id: id ?? job.id, status: isAdded ? 'added' : 'duplicate' })
    }
  }

  /** Halves a batch that holds what cannot be stored, or not now, until the culprit stands alone. */
  async #blame(batch: Waiting[], error: unknown): Promise<void> {
    const keyTaken = error instanceof KeyTaken
    const isTooLong = isCutShort(error)
    if (batch.length > 1 && (keyTaken || isTooLong || sqlVerdict(error) === 'data')) {
      const half = batch.length >> 1
      const patience = keyTaken || isTooLong ? SHORT_PATIENCE : PATIENCE
      await this.#insert(batch.slice(0, half), patience)
      return this.#insert(batch.slice(half), patience)
    }
    for (const waiting of batch) {
      if (keyTaken) this.#hold(waiting)
      else waiting.reject(this.#verdictOn(waiting, error))
    }
  }

  /** Unknown is only what was sent and not answered; that the database is out of reach now settles nothing. */
  #verdictOn({ isUnsure, job }: Waiting, error: unknown): unknown {
    return isUnsure && sqlVerdict(error) === 'transient' ? new UnknownCommitError(job.id, error) : error
  }

  #hold(waiting: Waiting): void {
    const key = waiting.job.uniqueKey as string
    const until = performance.now() + KEY_PATIENCE_MS
    this.#held.set(key, [...(this.#held.get(key) ?? []), { ...waiting, until }])
    this.#retrying ??= this.#retry()
  }

  /** Tries one job of each held key again and again, one after the other: it takes one connection, and that for moments. */
  async #retry(): Promise<void> {
    for (let tries = 1; this.#held.size > 0; tries++) {
      await wait(pauseMs(Math.min(tries, 3)))
      for (const key of [...this.#held.keys()]) await this.#retryKey(key)
    }
    this.#retrying = undefined
  }

  async #retryKey(key: string): Promise<void> {
    const [first] = this.#held.get(key) as [Held]
    try {
      this.#answer([first], await this.#insertOnce([first], SHORT_PATIENCE))
    } catch (error) {
      if (error instanceof KeyTaken) return this.#giveUpLate(key, error)
      await this.#blame([first], error)
    }
    const [, ...others] = this.#held.get(key) as Held[]
    this.#held.delete(key)
    this.#queue(others)
  }

  #giveUpLate(key: string, { cause }: KeyTaken): void {
    const held = this.#held.get(key) as Held[]
    const now = performance.now()
    for (const { job, reject, until } of held) if (until <= now) reject(new KeyHeldError(job.id, key, cause))
    const left = held.filter(({ until }) => until > now)
    if (left.length > 0) this.#held.set(key, left)
    else this.#held.delete(key)
  }
}

interface Held extends Waiting {
  /** When it gives up, on this process's steady clock. */
  readonly until: number
}

/** Somebody's open transaction holds the unique key of a job in the batch. */
class KeyTaken {
  readonly cause: unknown

  constructor(cause: unknown) {
    this.cause = cause
  }
}
