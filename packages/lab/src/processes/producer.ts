import { randomUUID } from 'node:crypto'
import type { JobDesc, JobQueue } from '@jq/core'
import type { SeededRandom } from '@jq/testing'
import pg from 'pg'
import { endClient } from '../database/end-client.ts'
import type { OrderedJob } from '../history/history-event.ts'
import type { WriteDown } from '../history/history-file.ts'
import type { Act } from '../jobs/lab-job.ts'
import { labJob } from '../jobs/lab-job.ts'
import { codeOf } from './recorded-service.ts'

/** How often each act is ordered, in parts of all. */
const ORDERS: readonly (readonly [Act, number, number])[] = [
  // act, parts, longest time in milliseconds
  ['end', 40, 0],
  ['last', 16, 200],
  ['stumble', 8, 0],
  ['snooze', 5, 0],
  ['give_up', 4, 0],
  ['effect', 14, 200],
  ['effect_undone', 3, 50],
  ['line', 8, 0],
  ['cling', 2, 1_500],
]
const DRAWN = ORDERS.flatMap((order) => Array.from({ length: order[1] }, () => order))

/** Adds jobs and writes down what it ordered and what came of it. */
export class Producer {
  readonly #queue: JobQueue
  readonly #write: WriteDown
  readonly #random: SeededRandom
  readonly #name: string
  readonly #url: string
  readonly #acked: string[] = []
  #count = 0

  constructor(around: {
    queue: JobQueue
    write: WriteDown
    random: SeededRandom
    name: string
    url: string
  }) {
    this.#queue = around.queue
    this.#write = around.write
    this.#random = around.random
    this.#name = around.name
    this.#url = around.url
  }

  /** One call of some kind. Never throws: that a call failed is history. */
  async call(): Promise<void> {
    const drawn = this.#random.integer(1, 100)
    if (drawn <= 35) return this.#add()
    if (drawn <= 60) return this.#addMany()
    if (drawn <= 80) return this.#addBundle()
    if (drawn <= 95) return this.#addInTransaction()
    return this.#reset()
  }

  #add(): Promise<void> {
    const job = this.#draw()
    return this.#told('add', [job], () => this.#queue.addMany([job.desc]))
  }

  #addMany(): Promise<void> {
    const jobs = this.#drawSome(2, 12)
    return this.#told('addMany', jobs, () => this.#queue.addMany(jobs.map(({ desc }) => desc)))
  }

  #addBundle(): Promise<void> {
    const jobs = this.#drawSome(2, 10)
    const whenStopped = this.#random.integer(1, 3) === 1 ? [this.#draw()] : []
    // Its last jobs get their ids from the bundle, so they are no part of what was ordered; that they ran, the bundle shows.
    return this.#told('addBundle', jobs, () =>
      this.#queue.addBundle({
        id: randomUUID(),
        type: 'lab',
        origin: this.#name,
        jobs: jobs.map(({ desc }) => desc),
        whenStopped: whenStopped.map(({ desc: { id: _, ...desc } }) => desc),
      }),
    )
  }

  /** In a transaction of its own, of which every third is rolled back. */
  async #addInTransaction(): Promise<void> {
    const jobs = this.#drawSome(1, 5)
    const keeps = this.#random.integer(1, 3) > 1
    const ordered = jobs.map((job) => job.ordered)
    this.#write({ did: 'tried', call: 'transaction', jobs: ordered })
    const client = new pg.Client({ connectionString: this.#url, query_timeout: 15_000 })
    client.on('error', () => undefined) // whoever asks next is told
    let end: 'rolledBack' | 'unknown' | 'acked' = 'rolledBack'
    try {
      await client.connect()
      await client.query('begin')
      await this.#queue.addMany(
        jobs.map(({ desc }) => desc),
        { db: client },
      )
      if (keeps) {
        end = 'unknown'
        await client.query('commit')
        end = 'acked'
      } else await client.query('rollback')
    } catch (error) {
      this.#write({ did: 'trouble', message: 'a transaction failed', code: codeOf(error) })
    }
    this.#write({ did: end, call: 'transaction', jobs: ordered })
    await endClient(client)
  }

  /** Brings one back that may have ended. */
  async #reset(): Promise<void> {
    if (this.#acked.length === 0) return
    const jobId = this.#random.pick(this.#acked)
    const answer = await this.#queue.resetJob(jobId).then(String, codeOf)
    this.#write({ did: 'reset', jobId, answer })
  }

  async #told(call: string, jobs: readonly Drawn[], add: () => Promise<unknown>): Promise<void> {
    const ordered = jobs.map((job) => job.ordered)
    this.#write({ did: 'tried', call, jobs: ordered })
    try {
      await add()
      this.#write({ did: 'acked', call, jobs: ordered })
      this.#acked.push(...ordered.map(({ id }) => id))
    } catch (error) {
      this.#write({ did: 'trouble', message: `${call} failed`, code: codeOf(error) })
      this.#write({ did: 'unknown', call, jobs: ordered })
    }
  }

  #drawSome(least: number, most: number): Drawn[] {
    return Array.from({ length: this.#random.integer(least, most) }, () => this.#draw())
  }

  #draw(): Drawn {
    const [does, , most] = this.#random.pick(DRAWN)
    const label = `${this.#name}:${++this.#count}`
    const id = randomUUID()
    const desc = labJob.with({ label, does, ms: this.#random.integer(0, most) }, { id })
    return { desc, ordered: { id, label, does } }
  }
}

/** What to add, and what of it is written down. */
interface Drawn {
  readonly desc: JobDesc
  readonly ordered: OrderedJob
}
