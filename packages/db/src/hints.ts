import type { Canaries } from '@jq/core/internal'
import { connectionConfig } from './connection-config.ts'
import type { Database } from './database.ts'
import type { CheckedOptions } from './job-queue-options.ts'
import { ListenConnection, type ListenTold } from './listen-connection.ts'
import type { Statements } from './statement.ts'
import { sendCanary } from './statements/read-readiness.ts'

/** One LISTEN connection for all in this process who want hints; made when the first one asks. */
export class Hints {
  readonly #options: CheckedOptions
  readonly #database: Database
  readonly #statements: Statements
  #hearers: readonly ListenTold[] = []
  #connection: ListenConnection | undefined
  /** How often it was there (again). */
  #arrivals = 0
  #canaries: Canaries = { heard: 0, lastMs: [] }

  constructor(options: CheckedOptions, database: Database, statements: Statements) {
    this.#options = options
    this.#database = database
    this.#statements = statements
    database.onHang(() => this.#connection?.distrust())
  }

  /** Resolves once the connection listens, or has failed for the first time: it goes on trying. */
  async listen(hearer: ListenTold): Promise<() => Promise<void>> {
    this.#hearers = [...this.#hearers, hearer]
    if (this.#options.wake === 'notify') {
      this.#connection ??= this.#connect()
      await this.#connection.tried
    }
    return async () => {
      this.#hearers = this.#hearers.filter((other) => other !== hearer)
      if (this.#hearers.length === 0) await this.close()
    }
  }

  get trouble(): string | undefined {
    return this.#connection?.trouble
  }

  get state(): 'ok' | 'degraded' | 'off' {
    if (this.#connection === undefined) return 'off'
    return this.#connection.trouble === undefined ? 'ok' : 'degraded'
  }

  /** How often it came back after it was lost. */
  get reconnects(): number {
    return Math.max(0, this.#arrivals - 1)
  }

  /** How long notifications have taken. */
  get canaries(): Canaries {
    return this.#canaries
  }

  dueCanary(): string | null {
    return this.#connection?.dueCanary() ?? null
  }

  async close(): Promise<void> {
    const connection = this.#connection
    this.#connection = undefined
    await connection?.close()
  }

  #connect(): ListenConnection {
    return new ListenConnection(
      connectionConfig(this.#options),
      `jobqueue_${this.#options.schema}`,
      (canary) => this.#database.once(sendCanary(this.#statements, canary)),
      {
        hint: (text) => {
          if (text === 'migrated') this.#database.readyAnew()
          for (const { hint } of this.#hearers) hint(text)
        },
        resync: () => {
          if (this.#arrivals++ > 0)
            this.#options.logger.info({ event: 'listen.restored' }, 'notifications are heard again')
          this.#database.readyAnew() // it may have missed that
          for (const { resync } of this.#hearers) resync()
        },
        canary: (tookMs) => {
          const { heard, lastMs } = this.#canaries
          this.#canaries = { heard: heard + 1, lastMs: [...lastMs.slice(-99), tookMs] }
        },
        lost: (reason) =>
          this.#options.logger.warn(
            { event: 'listen.lost', reason },
            'notifications are not heard; work is found by polling',
          ),
      },
    )
  }
}
