import { setTimeout as pause } from 'node:timers/promises'
import type { JobDesc, JobQueue } from '@jq/core'
import type { SeededRandom } from '@jq/testing'
import { machineMs } from '../history/history-file.ts'
import { afterBundleJob, type SoakAct, soakJob } from './soak-job.ts'

/** Calls that may be on their way at once: enough to keep a rate over slow commits. */
const CALLERS = 16

/** How often each act is ordered, in parts of a hundred. */
const PARTS: Readonly<Record<SoakAct, number>> = { end: 60, last: 20, stumble: 10, give_up: 3, write: 7 }
const DRAWN = Object.entries(PARTS).flatMap(([act, parts]) =>
  Array.from({ length: parts }, () => act as SoakAct),
)

/** Adds a mixed diet at a steady rate: single jobs, several at a call, and bundles. */
export class SoakProducer {
  readonly #queue: JobQueue
  readonly #random: SeededRandom
  #isResting = true
  #added = 0
  #working: Promise<unknown> = Promise.resolve()

  constructor(queue: JobQueue, random: SeededRandom) {
    this.#queue = queue
    this.#random = random
  }

  /** @param rate - jobs a second; null: as fast as they are taken */
  produce(rate: number | null): void {
    this.#isResting = false
    this.#added = 0
    const begin = performance.now()
    const caller = async () => {
      while (!this.#isResting) {
        const jobs = this.#size()
        // Each call has a time of its own, so that they come evenly, and none that was late leaves a gap.
        const dueMs = rate === null ? 0 : begin + (this.#added / rate) * 1_000 - performance.now()
        this.#added += jobs
        if (dueMs > 0) await pause(dueMs)
        await this.#add(jobs)
      }
    }
    this.#working = Promise.all(Array.from({ length: CALLERS }, caller))
  }

  /** @returns how many jobs were added since `produce` */
  async rest(): Promise<number> {
    this.#isResting = true
    await this.#working
    return this.#added
  }

  /** Half of the calls add one job. */
  #size(): number {
    return this.#random.integer(1, 2) === 1 ? 1 : this.#random.integer(2, 10)
  }

  async #add(count: number): Promise<void> {
    const jobs = Array.from({ length: count }, () => this.#draw())
    if (count === 1) await this.#queue.addMany(jobs)
    else if (this.#random.integer(1, 2) === 1) await this.#queue.addMany(jobs)
    else await this.#addBundle(jobs)
  }

  async #addBundle(jobs: readonly JobDesc[]): Promise<void> {
    const whenStopped = this.#random.integer(1, 3) === 1 ? [afterBundleJob.with({})] : []
    await this.#queue.addBundle({ type: 'soak', origin: 'soak', jobs, whenStopped })
  }

  #draw(): JobDesc {
    return soakJob.with({
      does: this.#random.pick(DRAWN),
      ms: this.#random.integer(1, 20),
      addedAt: machineMs(),
    })
  }
}
