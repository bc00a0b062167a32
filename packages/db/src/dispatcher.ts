import type { Job, JobBundle, ListenerOptions, Logger, ServiceListener } from '@jq/core'
import { Listeners, newId } from '@jq/core/internal'
import type { Database } from './database.ts'
import type { Statements } from './statement.ts'
import {
  announceListener,
  bundleStopped,
  type Cursor,
  dismissListener,
  EVENTS_A_PAGE,
  type EventRow,
  jobStopped,
  outboxNow,
  readEvents,
} from './statements/listen.ts'
import { pauseMs, wait } from './wait.ts'

/** How often it looks although nobody called, and how often it says that it still listens. */
const POLL_MS = 5_000
const RENEW_MS = 30_000
/** A call may come before its event can be read: a transaction that began earlier is still open. */
const AFTER_A_CALL_MS = [10, 20, 50, 100, 200, 500, 1_000]

export interface Reading {
  getJob(jobId: string): Promise<Job | null>
  getJobBundle(bundleId: string): Promise<JobBundle | null>
}

/** Reads the outbox past its cursor and tells this process's listeners. It runs only while there are any. */
export class Dispatcher {
  readonly #database: Database
  readonly #statements: Statements
  readonly #reading: Reading
  readonly #logger: Logger
  readonly listeners: Listeners
  readonly #id = newId()
  #running: { readonly stop: AbortController; readonly ended: Promise<void> } | undefined
  #nudge = new AbortController()
  #cursor: Cursor | undefined
  #kinds = ''
  #looks: number[] = []

  constructor(database: Database, statements: Statements, reading: Reading, logger: Logger) {
    this.#database = database
    this.#statements = statements
    this.#reading = reading
    this.#logger = logger
    this.listeners = new Listeners(logger)
  }

  /** Resolves once events of this listener's kinds are written for it. */
  async add(listener: ServiceListener, options: ListenerOptions): Promise<() => Promise<void>> {
    const remove = this.listeners.add(listener, options)
    await this.#announce()
    this.#cursor ??= await this.#startingPoint()
    this.#running ??= this.#start()
    return async () => {
      remove()
      if (this.listeners.size === 0) await this.#stop()
    }
  }

  async removeAll(): Promise<void> {
    this.listeners.removeAll()
    await this.#stop()
  }

  /** Something may have happened: look now. */
  wake(): void {
    this.#nudge.abort()
  }

  /** Notifications were missed: look now, and tell the listeners, who may have missed events. */
  resync(): void {
    this.wake()
    void this.listeners.tellResync()
  }

  #start(): { stop: AbortController; ended: Promise<void> } {
    const stop = new AbortController()
    return { stop, ended: this.#run(stop.signal) }
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    this.#cursor = undefined
    this.#kinds = ''
    running?.stop.abort()
    this.wake()
    await running?.ended
    if (running !== undefined)
      await this.#database.once(dismissListener(this.#statements, this.#id)).catch(() => undefined) // it lapses by itself
  }

  async #run(stop: AbortSignal): Promise<void> {
    let renewAt = performance.now() + RENEW_MS
    for (let tries = 0; !stop.aborted; ) {
      try {
        if (performance.now() > renewAt) {
          this.#kinds = ''
          await this.#announce()
          renewAt = performance.now() + RENEW_MS
        }
        const more = await this.#page(stop)
        tries = 0
        if (!more && (await this.#pause(this.#looks.shift() ?? POLL_MS))) this.#looks = [...AFTER_A_CALL_MS]
      } catch (error) {
        this.#logger.warn({ error }, 'reading events failed; trying again')
        await this.#pause(pauseMs(++tries))
      }
    }
  }

  /** @returns whether somebody called */
  async #pause(ms: number): Promise<boolean> {
    await wait(ms, this.#nudge.signal)
    const called = this.#nudge.signal.aborted
    if (called) this.#nudge = new AbortController()
    return called
  }

  async #page(stop: AbortSignal): Promise<boolean> {
    if (this.#cursor === undefined) return false
    const rows = await this.#database.once(readEvents(this.#statements, this.#cursor))
    if (stop.aborted) return false
    for (const row of rows) this.#tellOf(row)
    const last = rows.at(-1)
    if (last !== undefined && this.#cursor !== undefined)
      this.#cursor = { ...this.#cursor, tx: last.tx, id: last.id }
    return rows.length === EVENTS_A_PAGE
  }

  #tellOf(row: EventRow): void {
    if (row.kind === 'j')
      void this.listeners.tellJobStopped(jobStopped(row, () => this.#reading.getJob(row.job_id)))
    else
      void this.listeners.tellBundleStopped(
        bundleStopped(row, () => this.#reading.getJobBundle(row.bundle_id as string)),
      )
  }

  /** Says which kinds of events somebody here listens for, unless that has been said. */
  async #announce(): Promise<void> {
    const { jobs, bundles } = this.listeners.wanted
    const kinds = `${jobs} ${bundles}`
    if (kinds === this.#kinds) return
    await this.#database.ask(announceListener(this.#statements, { id: this.#id, jobs, bundles }))
    this.#kinds = kinds
  }

  async #startingPoint(): Promise<Cursor> {
    const [now] = await this.#database.ask(outboxNow(this.#statements))
    return { tx: now?.tx ?? '0', id: '0', snapshot: now?.snapshot ?? '1:1:' }
  }
}
