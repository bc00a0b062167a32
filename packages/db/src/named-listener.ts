import type { Logger, ServiceEvent } from '@jq/core'
import { loggedError, newId, type Registered, tellListener, wantedKinds } from '@jq/core/internal'
import type { Database } from './database.ts'
import { type Ending, EventPage } from './event-page.ts'
import { Nap } from './nap.ts'
import { sqlVerdict } from './sql-state.ts'
import type { Statements } from './statement.ts'
import { eventOf, inOrder, type Reading } from './statements/event-row.ts'
import {
  type EventNotes,
  holdListener,
  leaveListener,
  listenByName,
  NAMED_EVENTS_A_PAGE,
  type NamedEventRow,
  nextEvents,
  noteEvents,
} from './statements/named-listener.ts'
import { pauseMs, wait, within } from './wait.ts'

/** How often it looks although nobody called. */
const POLL_MS = 5_000
/** How often the lease is renewed, which stands for three times as long. */
const RENEW_MS = 10_000
/** How many events of one name are told at a time. */
const AT_A_TIME = 10
/** One that takes longer holds nobody up: it is told again if its listener should never return. */
const PATIENCE_MS = 5_000
/** So many may take longer at a time; others wait then. */
const MOST_LATE = 100
/** For how long a lease stands that cannot be renewed. */
const LEASE_MS = 30_000

export interface NamedListenerSurroundings {
  readonly database: Database
  readonly statements: Statements
  readonly reading: Reading
  readonly logger: Logger
  /** The name was ended, by whomever. */
  ended(listener: NamedListener): void
}

/**
 * One name in this process: while it has the lease of the name, it reads the outbox past the name's cursor, tells its listener, and
 * notes in the database what came of it.
 */
export class NamedListener {
  readonly name: string
  readonly #registered: Registered
  readonly #around: NamedListenerSurroundings
  readonly #holder = newId()
  readonly #nap = new Nap()
  readonly #stop = new AbortController()
  #holds = false
  #renewAt = 0
  #heldUntil = 0
  /** Events that its listener has been told of and has not returned from, in this process. */
  readonly #late = new Set<string>()
  /** When something is to be told again. */
  #againAt = Number.POSITIVE_INFINITY
  #life: Promise<void> = Promise.resolve()

  constructor(name: string, registered: Registered, around: NamedListenerSurroundings) {
    this.name = name
    this.#registered = registered
    this.#around = around
  }

  /** Resolves once everything that begins from here on is written for this name. */
  async register(): Promise<void> {
    await this.#around.database.ask(this.#registration())
  }

  begin(): void {
    this.#life = this.#live()
  }

  /** Something may have happened: look now. */
  wake(): void {
    if (this.#holds) this.#nap.wake()
  }

  /** Another process may have given the name back, or ended it. */
  wakeForLease(): void {
    this.#renewAt = 0
    this.#nap.wake()
  }

  /** In this process, without the outbox: of what never reached a database. */
  tell(told: ServiceEvent): void {
    tellListener(this.#registered, told).catch((error) =>
      this.#around.logger.error(
        { event: 'listener.failed', listener: this.name, err: loggedError(error) },
        'a listener threw',
      ),
    )
  }

  /** Does not wait for what its listener is doing: what has not returned by now is told again, elsewhere. */
  async end(): Promise<void> {
    this.#stop.abort()
    this.#nap.wake()
    await this.#life
    if (!this.#holds) return
    const { database, statements } = this.#around
    await database.once(leaveListener(statements, this.name, this.#holder)).catch(() => undefined) // its lease lapses by itself
  }

  #registration() {
    return listenByName(this.#around.statements, this.name, wantedKinds([this.#registered.listener]))
  }

  async #live(): Promise<void> {
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      try {
        await this.#nap.for(await this.#round())
        failures = 0
      } catch (error) {
        this.#around.logger.warn(
          { event: 'events.failed', listener: this.name, err: error },
          'telling events failed; trying again',
        )
        await this.#nap.for(pauseMs(++failures))
      }
    }
  }

  /** @returns how long to wait until the next one */
  async #round(): Promise<number> {
    if (performance.now() >= this.#renewAt) {
      const heldForMs = await this.#hold()
      if (heldForMs > 0) return Math.min(heldForMs, RENEW_MS)
    }
    if (this.#late.size >= MOST_LATE) return POLL_MS // one that returns wakes us
    const { database, statements } = this.#around
    const isDue = performance.now() >= this.#againAt
    const rows = await database.once(nextEvents(statements, this.name, this.#holder))
    if (rows.length > 0) await this.#tellPage(rows)
    else if (isDue) this.#againAt = Number.POSITIVE_INFINITY // the clock of the database was put back, or is behind ours: polls find it
    if (rows.length >= NAMED_EVENTS_A_PAGE) return 0
    return Math.max(0, Math.min(POLL_MS, Math.ceil(this.#againAt - performance.now())))
  }

  /** @returns for how long another process may have the lease; 0: this one has it; infinite: the name was ended */
  async #hold(): Promise<number> {
    const { database, statements } = this.#around
    const [row] = await database.once(holdListener(statements, this.name, this.#holder))
    if (row?.held_for_ms == null) {
      this.#around.logger.warn(
        { event: 'listener.forgotten', listener: this.name },
        'forgetListener has ended this listener',
      )
      this.#stop.abort()
      this.#holds = false
      this.#around.ended(this)
      return Number.POSITIVE_INFINITY
    }
    const heldForMs = Number(row.held_for_ms)
    this.#holds = heldForMs === 0
    this.#renewAt = performance.now() + (this.#holds ? RENEW_MS : 0)
    if (this.#holds) this.#heldUntil = performance.now() + LEASE_MS
    return heldForMs
  }

  async #tellPage(rows: readonly NamedEventRow[]): Promise<void> {
    const page = new EventPage(rows)
    const left = [...inOrder(rows)]
    const lane = async () => {
      for (let row = left.shift(); row !== undefined && this.#mayTell; row = left.shift())
        await this.#tell(row, page)
    }
    const told = Promise.all(Array.from({ length: AT_A_TIME }, lane))
    while (!(await this.#isOver(told))) await this.#renew()
    await this.#note(page.notes())
  }

  /** What is not told while this is false is told by whoever goes on. */
  get #mayTell(): boolean {
    return (
      this.#holds &&
      !this.#stop.signal.aborted &&
      this.#late.size < MOST_LATE &&
      performance.now() < this.#heldUntil
    )
  }

  async #renew(): Promise<void> {
    try {
      await this.#hold()
    } catch (error) {
      const { logger } = this.#around
      logger.warn(
        { event: 'listener.renewFailed', listener: this.name, err: error },
        'renewing the lease of a listener failed; trying again',
      )
    }
  }

  /** Waits until all were told, or this listener ends, and no longer than until the lease wants renewal. */
  async #isOver(told: Promise<unknown>): Promise<boolean> {
    const { signal } = this.#stop
    return (await within(RENEW_MS, told, signal)) !== undefined || signal.aborted
  }

  /** One that does not return in time is late; what it does then is noted when it does it. */
  async #tell(row: NamedEventRow, page: EventPage): Promise<void> {
    if (this.#late.has(keyOf(row))) return page.note(row, 'late') // it is at it still
    const ending = this.#endingOf(row)
    const first = (await within(PATIENCE_MS, ending, this.#stop.signal)) ?? 'late'
    if (first !== 'late') page.note(row, first)
    else if (!this.#stop.signal.aborted) {
      this.#late.add(keyOf(row))
      page.note(row, first)
      void this.#noteLater(row, page, ending)
    }
  }

  async #endingOf(row: NamedEventRow): Promise<Ending> {
    try {
      await tellListener(this.#registered, eventOf(row, this.#around.reading))
      return 'done'
    } catch (error) {
      const { logger } = this.#around
      logger.error(
        { event: 'listener.failed', listener: this.name, tries: row.tries + 1, err: loggedError(error) },
        'a listener threw; it is told again',
      )
      return 'failed'
    }
  }

  async #noteLater(row: NamedEventRow, page: EventPage, ending: Promise<Ending>): Promise<void> {
    page.note(row, await ending)
    this.#late.delete(keyOf(row))
    this.#nap.wake()
    if (page.isNoted) await this.#note(page.notesOf(row)).catch(() => undefined) // then it is told once more
  }

  async #note(notes: EventNotes): Promise<void> {
    if (notes.upTo === null && notes.done.length === 0 && notes.again.length === 0) return
    const answer = await this.#noted(notes)
    if (answer?.held !== 1) this.#renewAt = 0
    this.#againAt =
      answer?.again_ms == null ? Number.POSITIVE_INFINITY : performance.now() + Number(answer.again_ms)
  }

  /** What was told is not told again because the database was away for a while: the note is tried until it is written. */
  async #noted(notes: EventNotes): Promise<{ held: number; again_ms: string | null } | undefined> {
    const { database, statements } = this.#around
    for (let tries = 1; ; tries++) {
      try {
        return (await database.once(noteEvents(statements, this.name, this.#holder, notes)))[0]
      } catch (error) {
        if (this.#stop.signal.aborted || sqlVerdict(error) !== 'transient') throw error
        await wait(pauseMs(tries), this.#stop.signal)
      }
    }
  }
}

function keyOf({ tx, id }: NamedEventRow): string {
  return `${tx} ${id}`
}
