import { AsyncLocalStorage } from 'node:async_hooks'
import type { JobBundleStoppedEvent, JobStoppedEvent } from '@jq/core'
import { Listeners, silentLogger, type WakeUp } from '@jq/core/internal'
import type { Tables, Told } from './tables.ts'

export interface Reading {
  readonly getJob: (id: string) => ReturnType<JobStoppedEvent['getJob']>
  readonly getJobBundle: (id: string) => ReturnType<JobBundleStoppedEvent['getJobBundle']>
}

/** Each call is done in one go, as a transaction is, and afterwards those hear of it who wait for work or listen. */
export class Commits {
  readonly tables: Tables
  readonly listeners = new Listeners(silentLogger)
  /** How often something was done: a transaction sees by it that its copy of the tables is old. */
  changes = 0
  readonly #reading: Reading
  #wakers: readonly ((hint: WakeUp) => void)[] = []
  /** The context of nobody who calls: whoever adds a job inside of a test's scope does not draw in the worker that hears of it. */
  readonly #outside = AsyncLocalStorage.snapshot()

  constructor(tables: Tables, reading: Reading) {
    this.tables = tables
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
    queueMicrotask(() => {
      if (told.kind === 'job') {
        const { kind: _, ...event } = told
        void this.listeners.tellJobStopped({ ...event, getJob: () => this.#reading.getJob(event.jobId) })
      } else {
        const { kind: _, ...event } = told
        void this.listeners.tellBundleStopped({
          ...event,
          getJobBundle: () => this.#reading.getJobBundle(event.bundleId),
        })
      }
    })
  }
}
