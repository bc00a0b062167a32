import { type AddResult, UnknownCommitError } from '@jq/core'
import type { PreparedJob } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import type { Database } from './database.ts'
import { isConnectionLoss, sqlVerdict } from './sql-state.ts'
import type { AddedRow } from './statements/add-jobs.ts'

interface Waiting {
  readonly job: PreparedJob
  readonly resolve: (result: AddResult) => void
  readonly reject: (error: unknown) => void
}

/** A statement with more jobs than these costs each caller latency and saves nobody anything. */
const MOST_JOBS = 500
const MOST_CHARACTERS = 1_000_000

/**
 * Folds adds that are made at the same time: while one insert is in flight, calls gather, and the next takes them all. Each
 * resolves after the commit that holds its job; nothing waits for a timer. An error reaches only the call that caused it.
 */
export class AddLane {
  readonly #database: Database
  readonly #statement: (jobs: readonly PreparedJob[]) => CompiledQuery<AddedRow>
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(database: Database, statement: (jobs: readonly PreparedJob[]) => CompiledQuery<AddedRow>) {
    this.#database = database
    this.#statement = statement
  }

  add(job: PreparedJob): Promise<AddResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves once everything that was asked is answered. */
  async drained(): Promise<void> {
    await this.#running
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

  async #insert(batch: Waiting[]): Promise<void> {
    try {
      this.#answer(batch, await this.#insertOnce(batch))
    } catch (error) {
      await this.#blame(batch, error)
    }
  }

  /** Repeated where the reply is lost: the ids were made before the first try, so a job that is there already is this one. */
  async #insertOnce(batch: Waiting[]): Promise<(AddedRow & { repeated: boolean })[]> {
    let unsure = false
    const statement = this.#statement(batch.map(({ job }) => job))
    return this.#database.persistently(async () => {
      try {
        const rows = await this.#database.once(statement)
        return rows.map((row) => ({ ...row, repeated: unsure }))
      } catch (error) {
        unsure ||= isConnectionLoss(error)
        throw error
      }
    })
  }

  #answer(batch: Waiting[], rows: (AddedRow & { repeated: boolean })[]): void {
    for (const { place, id, added, repeated } of rows) {
      const { job, resolve } = batch[Number(place) - 1] as Waiting
      resolve({ id, status: added === 1 || (repeated && id === job.id) ? 'added' : 'duplicate' })
    }
  }

  /** Halves a batch that holds data which cannot be stored, until the culprit stands alone. */
  async #blame(batch: Waiting[], error: unknown): Promise<void> {
    if (batch.length > 1 && sqlVerdict(error) === 'data') {
      const half = batch.length >> 1
      await this.#insert(batch.slice(0, half))
      return this.#insert(batch.slice(half))
    }
    for (const { job, reject } of batch)
      reject(isConnectionLoss(error) ? new UnknownCommitError(job.id, error) : error)
  }
}
