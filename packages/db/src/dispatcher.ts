import type { ListenerOptions, Logger, RemoveListener, ServiceListener } from '@jq/core'
import { Listeners, newId } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import type { Hints } from './hints.ts'
import { Nap } from './nap.ts'
import type { Statements } from './statement.ts'
import { type EventRow, eventOf, inOrder, type Reading } from './statements/event-row.ts'
import {
  announceListener,
  type Cursor,
  dismissListener,
  EVENTS_A_PAGE,
  outboxNow,
  readEvents,
} from './statements/listen.ts'
import { pauseMs } from './wait.ts'

/** How often it looks although nobody called, and how often it says that it still listens. */
const POLL_MS = 5_000
const RENEW_MS = 30_000
/** How many events at most are put in order before they are told. */
const EVENTS_IN_ORDER = 5_000

/** Reads the outbox past its cursor and tells this process's unnamed listeners. It runs only while there are any. */
export class Dispatcher {
  readonly #database: Database
  readonly #statements: Statements
  readonly #reading: Reading
  readonly #hints: Hints
  readonly #logger: Logger
  readonly listeners: Listeners
  readonly #id = newId()
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined
  /** What begins, ends and announces, one after the other: each finds what the one before has left. */
  #turns: Promise<unknown> = Promise.resolve()
  #stopHearing: (() => Promise<void>) | undefined
  readonly #nap = new Nap()
  #cursor: Cursor | undefined
  #kinds = ''
  #renewAt = 0

  constructor(database: Database, statements: Statements, reading: Reading, hints: Hints, logger: Logger) {
    this.#database = database
    this.#statements = statements
    this.#reading = reading
    this.#hints = hints
    this.#logger = logger
    this.listeners = new Listeners(logger)
  }

  /** Resolves once events of this listener's kinds are written for it. */
  add(listener: ServiceListener, options: ListenerOptions): Promise<RemoveListener> {
    return this.#begin(() => this.listeners.add(listener, options))
  }

  /** The same for a listener that the service needs itself. */
  addOwn(listener: ServiceListener): Promise<RemoveListener> {
    return this.#begin(() => this.listeners.addOwn(listener))
  }

  #begin(add: () => () => void): Promise<RemoveListener> {
    return this.#inTurn(async () => {
      const remove = add()
      try {
        await this.#announce() // first of all: whoever may not listen is told so at once
        this.#cursor ??= await this.#startingPoint()
        await this.#hear()
        this.#running ??= this.#start()
      } catch (error) {
        remove()
        await this.#stopIfIdle()
        throw error
      }
      return () => {
        remove()
        return this.#inTurn(() => this.#stopIfIdle())
      }
    })
  }

  removeAll(): Promise<void> {
    this.listeners.removeAll()
    return this.#inTurn(() => {
      this.listeners.removeAll() // also those that were on their way
      return this.#stopIfIdle()
    })
  }

  end(): Promise<void> {
    return this.#inTurn(() => this.#stop())
  }

  /** Something may have happened: look now. */
  wake(): void {
    this.#nap.wake()
  }

  /** Notifications were missed: look now, and tell the listeners, who may have missed events. */
  resync(): void {
    this.wake()
    void this.listeners.tellResync()
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turns.then(work)
    this.#turns = turn.catch(() => undefined) // whoever asked has the error
    return turn
  }

  /** One hearer, however many listeners: each is told once. */
  async #hear(): Promise<void> {
    this.#stopHearing ??= await this.#hints.listen({
      hint: (hint) => hint === 'event' && this.wake(),
      resync: () => this.#stopHearing !== undefined && this.resync(), // at the first connect nothing was missed
    })
  }

  #start(): { stop: AbortController; ended: Promise<void> } {
    const stop = new AbortController()
    return { stop, ended: this.#run(stop.signal) }
  }

  async #stopIfIdle(): Promise<void> {
    if (this.listeners.size === 0) await this.#stop()
  }

  async #stop(): Promise<void> {
    const { running, stopHearing } = { running: this.#running, stopHearing: this.#stopHearing }
    const announced = this.#kinds !== ''
    this.#running = undefined
    this.#stopHearing = undefined
    this.#cursor = undefined
    this.#kinds = ''
    running?.stop.abort()
    this.wake()
    await Promise.all([running?.ended, stopHearing?.()])
    if (running !== undefined || announced)
      await this.#database.once(dismissListener(this.#statements, this.#id)).catch(() => undefined) // it lapses by itself
  }

  async #run(stop: AbortSignal): Promise<void> {
    for (let tries = 0; !stop.aborted; ) {
      try {
        if (performance.now() > this.#renewAt) this.#renew(stop)
        const more = await this.#page(stop)
        tries = 0
        if (!more) await this.#nap.for(POLL_MS)
      } catch (error) {
        this.#logger.warn({ event: 'events.failed', err: error }, 'reading events failed; trying again')
        await this.#nap.for(pauseMs(++tries))
      }
    }
  }

  /** Not awaited by the loop: who ends the loop holds the turn and waits for it. */
  #renew(stop: AbortSignal): void {
    this.#renewAt = performance.now() + RENEW_MS
    const renewed = this.#inTurn(async () => {
      if (!stop.aborted) await this.#say((statement) => this.#database.once(statement))
    })
    renewed.catch((error) => {
      this.#renewAt = performance.now() + POLL_MS
      this.#logger.warn(
        { event: 'listener.renewFailed', err: error },
        'saying that this process still listens failed; trying again',
      )
    })
  }

  /** @returns whether there may be more */
  async #page(stop: AbortSignal): Promise<boolean> {
    const rows: EventRow[] = []
    let more = true
    let cursor = this.#cursor
    while (more && rows.length < EVENTS_IN_ORDER && cursor !== undefined) {
      const page = await this.#database.once(readEvents(this.#statements, cursor))
      if (stop.aborted) return false
      rows.push(...page)
      const last = page.at(-1)
      if (last !== undefined) cursor = { ...cursor, tx: last.tx, id: last.id }
      more = page.length === EVENTS_A_PAGE
    }
    this.#cursor = cursor // only now: where a page could not be read, what was read before it is read again
    for (const row of inOrder(rows)) void this.listeners.tell(eventOf(row, this.#reading))
    return more
  }

  /** Says which kinds of events somebody here listens for, unless that has been said. */
  async #announce(): Promise<void> {
    if (this.#wantedKinds() !== this.#kinds) await this.#say((statement) => this.#database.ask(statement))
  }

  async #say(send: (statement: CompiledQuery<unknown>) => Promise<unknown>): Promise<void> {
    const kinds = this.#wantedKinds()
    await send(announceListener(this.#statements, this.#id, this.listeners.wanted))
    this.#kinds = kinds
    this.#renewAt = performance.now() + RENEW_MS
  }

  #wantedKinds(): string {
    const { jobs, bundles, changes } = this.listeners.wanted
    return `${jobs} ${bundles} ${changes}`
  }

  async #startingPoint(): Promise<Cursor> {
    const [now] = await this.#database.ask(outboxNow(this.#statements))
    return { tx: now?.tx ?? '0', id: '0', snapshot: now?.snapshot ?? '1:1:' }
  }
}
