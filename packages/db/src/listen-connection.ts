import pg from 'pg'
import { destroySocket } from './destroy-socket.ts'
import { pauseMs, wait } from './wait.ts'

/** What a canary may take from one connection to the other. */
const CANARY_FLIES_MS = 5_000
/** How long LISTEN is trusted without a sign of life. */
const TRUSTED_MS = 30_000
const DEAD = 'LISTEN hears nothing any more; connecting anew'

export interface ListenTold {
  /** A hint arrived; nothing in it is trusted. */
  hint(text: string): void
  /** The connection is there (again): whatever was told meanwhile went unheard. */
  resync(): void
  /** It was trusted, and is not any more. */
  lost?(reason: string): void
  /** A canary came back, so long after it was handed to the database. */
  canary?(tookMs: number): void
}

/**
 * The connection that listens, apart from all others, for LISTEN belongs to a session. It reconnects by itself, and it is not
 * believed: now and then a canary is sent over another connection and must come back, since a transaction pooler accepts
 * LISTEN and delivers nothing.
 */
export class ListenConnection {
  readonly #config: pg.ClientConfig
  readonly #channel: string
  readonly #sendCanary: (canary: string) => Promise<unknown>
  readonly #told: ListenTold
  readonly #closing = new AbortController()
  #trouble: string | undefined = 'not connected yet'
  #wasTrusted = false
  #heardAt = 0
  #canary: { readonly text: string; readonly sentAt: number; arrived(): void } | undefined
  readonly #first = Promise.withResolvers<void>()
  readonly #living: Promise<void>
  #endSession: () => void = () => undefined

  constructor(
    config: pg.ClientConfig,
    channel: string,
    sendCanary: (canary: string) => Promise<unknown>,
    told: ListenTold,
  ) {
    this.#config = config
    this.#channel = channel
    this.#sendCanary = sendCanary
    this.#told = told
    this.#living = this.#live()
  }

  /** Resolves after the first attempt to listen, whether it went well or not. */
  get tried(): Promise<void> {
    return this.#first.promise
  }

  /** Why notifications cannot be relied on; undefined while they can. */
  get trouble(): string | undefined {
    return this.#trouble
  }

  /** A canary to send along with a statement that is on its way anyhow; null while none is due. */
  dueCanary(): string | null {
    if (
      this.#trouble !== undefined ||
      this.#canary !== undefined ||
      performance.now() - this.#heardAt < TRUSTED_MS / 2
    )
      return null
    const { text } = this.#expect()
    void this.#missCanary(text)
    return text
  }

  /** Its network may be dead: takes another connection in its place, which must prove itself. */
  distrust(): void {
    if (this.#trouble !== undefined) return
    this.#trouble = DEAD
    this.#endSession()
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#living
  }

  /** A half-open connection tells nobody that it is dead; a canary that does not come back does. */
  async #missCanary(text: string): Promise<void> {
    await wait(CANARY_FLIES_MS, this.#closing.signal)
    if (this.#canary?.text === text && !this.#closing.signal.aborted) this.distrust()
  }

  async #live(): Promise<void> {
    for (let tries = 1; !this.#closing.signal.aborted; tries++) {
      const lived = await this.#session().catch((error: Error) => {
        this.#trouble = `LISTEN failed: ${error.message}`
        return false
      })
      this.#tellLost()
      this.#first.resolve()
      tries = lived ? 1 : tries
      await wait(pauseMs(tries), this.#closing.signal)
    }
  }

  #tellLost(): void {
    if (this.#wasTrusted && !this.#closing.signal.aborted)
      this.#told.lost?.(this.#trouble ?? 'LISTEN was interrupted')
    this.#wasTrusted = false
  }

  /** One connection, until it ends; true if it worked for a while. */
  async #session(): Promise<boolean> {
    const client = new pg.Client({
      ...this.#config,
      keepAlive: true,
      keepAliveInitialDelayMillis: 1_000,
      connectionTimeoutMillis: 10_000,
      application_name: 'jobqueue listen',
    } as pg.ClientConfig)
    const ended = new AbortController()
    client.on('error', (error) => {
      this.#trouble = `LISTEN was interrupted: ${error.message}`
      ended.abort()
    })
    client.on('end', () => ended.abort())
    client.on('notification', ({ payload = '' }) => this.#hear(payload))
    const close = () => ended.abort()
    this.#closing.signal.addEventListener('abort', close)
    this.#endSession = close
    try {
      await client.connect()
      await client.query({
        text: `listen ${client.escapeIdentifier(this.#channel)}`,
        query_timeout: 10_000,
      } as pg.QueryConfig)
      await this.#believe(client, ended.signal)
      return true
    } finally {
      this.#closing.signal.removeEventListener('abort', close)
      await goodbye(client)
    }
  }

  /** Trusts the connection from its first canary on, and for as long as canaries come back. */
  async #believe(client: pg.Client, ended: AbortSignal): Promise<void> {
    let trusted = false
    while (!ended.aborted) {
      const arrived = await this.#flyCanary(ended)
      if (ended.aborted) break
      if (arrived && !trusted) {
        this.#told.resync()
        await askForPatience(client)
      }
      if (arrived) this.#wasTrusted = true
      if (trusted && !arrived) return this.distrust()
      trusted = arrived
      this.#trouble = arrived
        ? undefined
        : "LISTEN hears nothing: most likely the connection goes through a transaction pooler. Give listenConnectionString a direct URL, or set wake: 'poll'. Meanwhile work is found by polling."
      this.#first.resolve()
      await this.#silence(ended)
    }
    this.#trouble ??= 'LISTEN was interrupted'
  }

  /** Waits until nothing has been heard for as long as LISTEN is trusted. */
  async #silence(ended: AbortSignal): Promise<void> {
    for (
      let left = TRUSTED_MS;
      left > 0 && !ended.aborted;
      left = TRUSTED_MS - (performance.now() - this.#heardAt)
    ) {
      await wait(left, ended)
      if (this.#trouble !== undefined) return
    }
  }

  async #flyCanary(ended: AbortSignal): Promise<boolean> {
    const { text, arrival } = this.#expect()
    const sent = this.#sendCanary(text).catch(() => undefined) // an error here is the database's trouble, not LISTEN's
    const late = wait(CANARY_FLIES_MS, ended).then(() => false)
    const arrived = await Promise.race([arrival.then(() => true), late])
    if (arrived) await sent
    this.#canary = undefined
    return arrived
  }

  #expect(): { text: string; arrival: Promise<void> } {
    const { promise, resolve } = Promise.withResolvers<void>()
    const text = Math.random().toString(36).slice(2)
    this.#canary = { text, sentAt: performance.now(), arrived: resolve }
    return { text, arrival: promise }
  }

  #hear(payload: string): void {
    this.#heardAt = performance.now()
    if (this.#canary !== undefined && payload === `canary ${this.#canary.text}`) {
      this.#told.canary?.(this.#heardAt - this.#canary.sentAt)
      this.#canary.arrived()
      this.#canary = undefined
    }
    if (!payload.startsWith('canary ')) this.#told.hint(payload)
  }
}

/** A half-open connection never answers a goodbye: it gets a second for it, and then its socket is destroyed. */
async function goodbye(client: pg.Client): Promise<void> {
  const answered = new AbortController()
  const end = client.end().finally(() => answered.abort())
  await Promise.race([end, wait(1_000, answered.signal)])
  destroySocket(client)
}

/**
 * Who listens is idle for as long as nothing happens. It is asked for once a canary came back, since the session is ours then: what is
 * set behind a transaction pooler would be another client's.
 */
async function askForPatience(client: pg.Client): Promise<void> {
  const text = `select set_config(name, '0', false) from pg_settings where name = 'idle_session_timeout'`
  await client.query({ text, query_timeout: 10_000 } as pg.QueryConfig).catch(() => undefined) // the session tells by itself what ails it
}
