import type { CompiledQuery } from 'kysely'
import type { PoolClient } from 'pg'
import { destroySocket } from './destroy-socket.ts'
import { isDriversError, query, timed } from './query.ts'

/** Begins and ends of transactions are ours, whoever wrote what stands between them. */
const BOUNDS = /^(start transaction|begin|commit|rollback)\b/i

/**
 * A client of the pool for a handler's transaction. The handler's statements may take as long as they like; ours and the transaction's
 * bounds must be answered in time. What broke is asked no more, and destroyed instead of being given back.
 */
export class GuardedClient {
  readonly client: PoolClient
  readonly #abandoned: AbortSignal
  readonly #noteFailure: (error: unknown) => void
  #broken: Error | undefined

  constructor(client: PoolClient, abandoned: AbortSignal, noteFailure: (error: unknown) => void) {
    this.client = client
    this.#abandoned = abandoned
    this.#noteFailure = noteFailure
    client.on('error', this.#break)
    abandoned.addEventListener('abort', this.#abandon, { once: true })
    if (abandoned.aborted) this.#abandon()
  }

  /** As Kysely asks. */
  readonly query = (text: string, values: unknown[]): Promise<unknown> =>
    this.#guarded(() =>
      BOUNDS.test(text) ? this.client.query(timed(text)) : this.client.query(text, values),
    )

  /** As we ask. */
  ask<Row>(statement: CompiledQuery<Row>): Promise<Row[]> {
    return this.#guarded(() => query(this.client, statement))
  }

  readonly release = (): void => {
    this.#abandoned.removeEventListener('abort', this.#abandon)
    this.client.off('error', this.#break)
    this.client.release(this.#broken)
    if (this.#broken !== undefined) destroySocket(this.client)
  }

  async #guarded<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#broken !== undefined) throw this.#broken
    try {
      return await ask()
    } catch (error) {
      if (isDriversError(error)) {
        this.#break(error as Error)
        this.#noteFailure(error)
      }
      throw error
    }
  }

  readonly #break = (error: Error): void => {
    this.#broken ??= error
  }

  /** What is under way fails with it. */
  readonly #abandon = (): void => destroySocket(this.client)
}
