import { AsyncLocalStorage } from 'node:async_hooks'
import type { JobBundleStoppedEvent, JobStoppedEvent, ServiceEvent } from '@jq/core'
import { Listeners, silentLogger, type WakeUp } from '@jq/core/internal'
import { NamedListeners } from './named-listeners.ts'
import type { Tables, Told } from './tables.ts'

export interface Reading {
  readonly getJob: (id: string) => ReturnType<JobStoppedEvent['getJob']>
  readonly getJobBundle: (id: string) => ReturnType<JobBundleStoppedEvent['getJobBundle']>
}

/** Each call is done in one go, as a transaction is, and afterwards those hear of it who wait for work or listen. */
export class Commits {
  readonly tables: Tables
  readonly listeners = new Listeners(silentLogger)
  readonly named: NamedListeners
  /** How often something was done: a transaction sees by it that its copy of the tables is old. */
  changes = 0
  readonly #reading: Reading
  #wakers: readonly ((hint: WakeUp) => void)[] = []
  /** The context of nobody who calls: whoever adds a job inside of a test's scope does not draw in the worker that hears of it. */
  readonly #outside = AsyncLocalStorage.snapshot()

  constructor(tables: Tables, reading: Reading) {
    this.tables = tables
    this.named = new NamedListeners(tables.clock)
    this.#reading = reading
  }

  do<T>(act: (tables: Tables) => T): T {
    this.changes++
    try {
      return act(this.tables)
    } finally {
      const { hints, told } = this.tables.takeNews()
      this.#outside(() => {
        for (const hint of hints) this.#wake(hint)
        for (const one of told) this.#tell(one)
      })
    }
  }

  onWakeUp(wake: (hint: WakeUp) => void): () => void {
    this.#wakers = [...this.#wakers, wake]
    return () => {
      this.#wakers = this.#wakers.filter((other) => other !== wake)
    }
  }

  #wake(hint: WakeUp): void {
    for (const wake of this.#wakers) wake(hint)
  }

  /** After the caller has gone on, as with a database: a slow listener is nobody's business. */
  #tell(told: Told): void {
    const event = this.#eventOf(told)
    this.named.take(event)
    queueMicrotask(() => {
      void this.listeners.tell(event)
      this.named.tellDue()
    })
  }

  #eventOf(told: Told): ServiceEvent {
    if (told.kind === 'change') {
      const { kind, ...event } = told
      return { kind, event }
    }
    if (told.kind === 'job') {
      const { kind, ...event } = told
      return { kind, event: { ...event, getJob: () => this.#reading.getJob(event.jobId) } }
    }
    const { kind, ...event } = told
    return { kind, event: { ...event, getJobBundle: () => this.#reading.getJobBundle(event.bundleId) } }
  }
}
