import { type JobQueue, JobQueueError } from '@jq/core'
import type { Traffic } from './traffic.ts'

/** Whether requests may be sent here, and why not. */
export interface Ready {
  readonly isReady: boolean
  readonly status: 'ok' | 'degraded' | 'down' | 'draining'
  readonly reasons?: readonly string[]
}

/** Asks the queue how it is, at most once a second: whoever has no token may ask, too, and as often as they like. */
export class Readiness {
  readonly #jobqueue: JobQueue
  readonly #traffic: Traffic
  #last: { readonly answer: Promise<Ready>; readonly until: number } | undefined

  constructor(jobqueue: JobQueue, traffic: Traffic) {
    this.#jobqueue = jobqueue
    this.#traffic = traffic
  }

  async ask(): Promise<Ready> {
    if (this.#traffic.isDraining) return { isReady: false, status: 'draining' }
    const now = performance.now()
    if (this.#last === undefined || this.#last.until < now)
      this.#last = { answer: this.#look(), until: now + FRESH_MS }
    return this.#last.answer
  }

  async #look(): Promise<Ready> {
    try {
      const { status, reasons } = await this.#jobqueue.health()
      if (status === 'ok') return { isReady: true, status }
      return { isReady: status === 'degraded' && (await this.#hasItsSchema()), status, reasons }
    } catch {
      return { isReady: false, status: 'down' } // a queue that was closed
    }
  }

  /** A server that answers but has no tables, or others, is degraded as well: only a question tells them apart. */
  async #hasItsSchema(): Promise<boolean> {
    try {
      await this.#jobqueue.getJob(NOBODY)
      return true
    } catch (error) {
      return !(error instanceof JobQueueError && error.code === 'not_migrated')
    }
  }
}

const FRESH_MS = 1_000
const NOBODY = '00000000-0000-0000-0000-000000000000'
