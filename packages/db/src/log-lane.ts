import type { Database } from './database.ts'
import { sqlVerdict } from './sql-state.ts'
import type { Statements } from './statement.ts'
import { type HeldLog, writeLog } from './statements/log.ts'
import { wait } from './wait.ts'

interface Waiting {
  readonly log: HeldLog
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Attempts in one statement, at most: an attempt has up to 64 KiB to say. */
const MOST_ATTEMPTS = 50
/** What a caller's transaction holds is tried again after this; its outcome could not be settled either meanwhile. */
const BUSY_MS = 100

/** Folds the lines of attempts that are kept at the same time: while one statement is in flight the next gathers. */
export class LogLane {
  readonly #database: Database
  readonly #statements: Statements
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  constructor(database: Database, statements: Statements) {
    this.#database = database
    this.#statements = statements
  }

  /** Resolves once the lines are written, or refused since the attempt is lost. */
  write(log: HeldLog): Promise<void> {
    return new Promise((resolve, reject) => this.#queue({ log, resolve, reject }))
  }

  #queue(waiting: Waiting): void {
    this.#waiting.push(waiting)
    this.#running ??= this.#run()
  }

  async #run(): Promise<void> {
    await Promise.resolve() // what the same turn of the event loop writes goes together
    while (this.#waiting.length > 0) await this.#write(this.#waiting.splice(0, MOST_ATTEMPTS))
    this.#running = undefined
  }

  async #write(batch: readonly Waiting[]): Promise<void> {
    try {
      const statement = writeLog(
        this.#statements,
        batch.map(({ log }) => log),
      )
      const rows = await this.#database.ask(statement)
      const busy = new Set(
        rows.filter(({ verdict }) => verdict === 'busy').map(({ seq, attempt }) => `${seq} ${attempt}`),
      )
      for (const waiting of batch) {
        const { log, resolve } = waiting
        if (busy.has(`${log.seq} ${log.attempt}`)) void wait(BUSY_MS).then(() => this.#queue(waiting))
        else resolve()
      }
    } catch (error) {
      await this.#blame(batch, error)
    }
  }

  /** Nobody's lines are lost behind those of another that cannot be stored. */
  async #blame(batch: readonly Waiting[], error: unknown): Promise<void> {
    if (batch.length > 1 && sqlVerdict(error) === 'data') for (const one of batch) await this.#write([one])
    else for (const { reject } of batch) reject(error)
  }
}
