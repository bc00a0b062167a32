import { ClosedError, NotMigratedError } from '@jq/core'
import type { Vitals } from '@jq/core/internal'
import type { CompiledQuery } from 'kysely'
import pg, { type Pool, type PoolClient } from 'pg'
import { destroySocket } from './destroy-socket.ts'
import type { CheckedOptions } from './job-queue-options.ts'
import { PreparedNames } from './prepared-names.ts'
import { idleNoLonger, isDriversError, query, timed } from './query.ts'
import { isHang, isUnprepared, sqlVerdict } from './sql-state.ts'
import { pauseMs, wait, within } from './wait.ts'

/** Reads what a query answers. */
export interface Asks {
  ask<Row>(statement: CompiledQuery<Row>): Promise<Row[]>
}

/** What the first statement must know of the database. */
export interface Readiness {
  readonly readCommitted: boolean
  /** Of the schema. */
  readonly version: number
}
export type Preparation = (asks: Asks) => Promise<Readiness>

/** How long a call goes on trying while the database is away. */
const PATIENCE_MS = 30_000
/** How long a call waits for a connection. */
const CONNECTS_WITHIN_MS = 10_000

/**
 * The connections of one queue, and the manners on them: every statement READ COMMITTED, repeated while its failure is of the
 * moment, and no client given back that may be poisoned.
 */
export class Database implements Asks {
  readonly pool: Pool
  readonly #ours: boolean
  readonly #prepare: Preparation
  readonly #closing = new AbortController()
  readonly #connectedAt = new WeakMap<PoolClient, number>()
  /** Connections that are older than this may be on a dead network. */
  #doubtedBefore = 0
  #onHang: () => void = ignore
  /** How many statements failed, by the class of their SQLSTATE. */
  readonly #failures = new Map<string, number>()
  #version: number | null = null
  #ready: Promise<Readiness> | undefined
  /** False once a connection lost what was prepared on it: some poolers lend it to others between two statements. */
  #keepsPrepared = true
  readonly #names = new PreparedNames()

  /** @param prepare - asked once, before the first statement: is the schema there, which isolation is the default */
  constructor(connection: CheckedOptions['connection'], prepare: Preparation) {
    this.#ours = 'connectionString' in connection
    this.pool = 'pool' in connection ? connection.pool : ownPool(connection.connectionString)
    this.#prepare = prepare
    // An idle client that dies is replaced, and the next statement says if that fails; unheard it would end the process.
    this.pool.on('error', ignore)
    this.pool.on('connect', this.#note)
  }

  /** Calls when a statement got no answer: what else goes over that network may be as dead. */
  onHang(hear: () => void): void {
    this.#onHang = hear
  }

  /** Runs one statement, again where it failed for reasons of the moment: for statements that may be repeated. */
  async ask<Row>(statement: CompiledQuery<Row>, signal?: AbortSignal): Promise<Row[]> {
    return this.persistently(() => this.once(statement), signal)
  }

  /** Runs one statement, once. */
  async once<Row>(statement: CompiledQuery<Row>): Promise<Row[]> {
    const { readCommitted } = await this.#readied()
    if (!readCommitted) return this.#inTransaction((client) => query<Row>(client, statement))
    return this.#withClient((client) => query<Row>(client, statement))
  }

  /** As once, for what is asked all the time: the server parses it once a connection, which is a good part of what it costs. */
  async oncePrepared<Row>(statement: CompiledQuery<Row>): Promise<Row[]> {
    const { readCommitted } = await this.#readied()
    if (!readCommitted || !this.#keepsPrepared) return this.once(statement)
    try {
      return await this.#withClient((client) => query<Row>(client, statement, this.#names.of(statement.sql)))
    } catch (error) {
      if (!isUnprepared(error)) throw error
      this.#keepsPrepared = false
      return this.once(statement) // it did not run
    }
  }

  /** A client of the pool, once what comes before the first statement is done. */
  async client(): Promise<PoolClient> {
    await this.#readied()
    return this.#connect()
  }

  /** Runs `work` in one READ COMMITTED transaction, once. */
  async transaction<T>(work: (asks: Asks) => Promise<T>): Promise<T> {
    await this.#readied()
    return this.#inTransaction((client) => work({ ask: (statement) => query(client, statement) }))
  }

  /** Repeats `work` while it fails for reasons of the moment, for half a minute, or until the signal aborts. */
  async persistently<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const end = performance.now() + PATIENCE_MS
    const over = signal === undefined ? this.#closing.signal : AbortSignal.any([this.#closing.signal, signal])
    for (let tries = 1; ; tries++) {
      try {
        return await work()
      } catch (error) {
        if (sqlVerdict(error) !== 'transient' || performance.now() > end || over.aborted)
          throw this.#translated(error)
        await wait(pauseMs(tries), over)
        if (signal?.aborted) throw error
      }
    }
  }

  /** What comes before the first statement comes before the next one too: the schema may be another. */
  readyAnew(): void {
    this.#ready = undefined
  }

  /** Lets running statements end, then closes what is ours. */
  async close(): Promise<void> {
    this.#closing.abort()
    await this.#ready?.catch(() => undefined) // whoever asked has the error
    // Our own pool keeps its listener: its sockets close a little after it says that they have.
    if (this.#ours) await this.pool.end()
    else this.pool.off('error', ignore).off('connect', this.#note)
  }

  /** What it has seen of its connections. */
  get vitals(): Pick<Vitals, 'pool' | 'errors' | 'schemaVersion'> {
    const { totalCount: total, idleCount: idle, waitingCount: waiting } = this.pool
    return {
      pool: { total, idle, waiting },
      errors: Object.fromEntries(this.#failures),
      schemaVersion: this.#version,
    }
  }

  get closed(): boolean {
    return this.#closing.signal.aborted
  }

  #readied(): Promise<Readiness> {
    if (this.closed) return Promise.reject(new ClosedError())
    this.#ready ??= this.#withClient((client) =>
      this.#prepare({ ask: (statement) => query(client, statement) }),
    )
      .then((ready) => {
        this.#version = ready.version
        return ready
      })
      .catch((error) => {
        this.#ready = undefined
        throw error
      })
    return this.#ready
  }

  async #inTransaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    return this.#withClient(async (client) => {
      await client.query(timed(`begin isolation level read committed; ${idleNoLonger}`))
      try {
        const answer = await work(client)
        await client.query(timed('commit'))
        return answer
      } catch (error) {
        if (!isDriversError(error)) await client.query(timed('rollback')).catch(() => undefined) // the first error is the news
        throw error
      }
    })
  }

  /** A client whose connection may be broken is destroyed, never given back: its next user would wait for the wrong reply. */
  async #withClient<T>(work: (client: PoolClient) => Promise<T>): Promise<T> {
    const client = await this.#connect()
    let broken: Error | undefined
    const onError = (error: Error) => {
      broken = error
    }
    client.on('error', onError)
    try {
      return await work(client)
    } catch (error) {
      if (isDriversError(error)) broken = error as Error
      this.noteFailure(error)
      throw error
    } finally {
      client.off('error', onError)
      client.release(broken)
      if (broken !== undefined) destroySocket(client)
    }
  }

  /** A statement failed. */
  noteFailure(error: unknown): void {
    const { code } = error as { code?: string }
    const kind = /^[0-9A-Z]{5}$/.test(code ?? '') ? (code as string).slice(0, 2) : 'none'
    this.#failures.set(kind, (this.#failures.get(kind) ?? 0) + 1)
    if (isHang(error)) this.#doubtAll()
  }

  /** Where one statement hung, each idle connection would let another one hang as long: they are replaced unasked. */
  async #connect(): Promise<PoolClient> {
    for (;;) {
      const client = await this.#clientOfPool()
      if ((this.#connectedAt.get(client) ?? 0) >= this.#doubtedBefore) return client
      client.release(true)
      destroySocket(client)
    }
  }

  /** A caller's pool may wait without an end while all its connections are in use; whoever stops would wait as long. */
  async #clientOfPool(): Promise<PoolClient> {
    const coming = this.pool.connect()
    if (this.pool.options.connectionTimeoutMillis) return coming
    const client = await within(CONNECTS_WITHIN_MS, coming)
    if (client !== undefined) return client
    coming.then((late) => late.release(), ignore)
    const { totalCount, idleCount, options } = this.pool
    throw new Error(
      `The pool gave no connection within ${CONNECTS_WITHIN_MS / 1_000} s. It has ${totalCount} of ${options.max ?? 10}, and ${idleCount} of these are idle: either all are in use (give back what is not used, or give the queue a larger pool), or the server does not answer.`,
    )
  }

  #doubtAll(): void {
    this.#doubtedBefore = performance.now()
    this.#onHang()
  }

  readonly #note = (client: PoolClient) => {
    this.#connectedAt.set(client, performance.now())
  }

  #translated(error: unknown): unknown {
    return sqlVerdict(error) === 'notMigrated'
      ? new NotMigratedError((error as Error).message, { cause: error })
      : error
  }
}

function ignore(): void {}

function ownPool(connectionString: string): Pool {
  const pool = new pg.Pool({
    connectionString,
    connectionTimeoutMillis: CONNECTS_WITHIN_MS,
    // A half-open connection is noticed by probes each second, ten times.
    keepAlive: true,
    keepAliveInitialDelayMillis: 1_000,
    application_name: 'jobqueue',
  })
  return pool
}
