import pg from 'pg'
import { destroySocket } from '../destroy-socket.ts'

/** What a heartbeat needs to know: structured-cloneable, so that it can cross into a thread. */
export interface HeartbeatOrder {
  readonly config: pg.ClientConfig
  readonly statement: { readonly text: string; readonly values: readonly unknown[] }
  readonly intervalMs: number
}

export type HeartbeatNews =
  | { readonly kind: 'beaten' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'ended' }

export interface BeatingHeart {
  /** Beats at once, or as soon as the beat under way is over. */
  now(): void
  end(): Promise<void>
}

/**
 * Beats at its interval on a connection of its own, which is made anew whenever it fails: a beat that does not answer within
 * the interval is given up with its connection.
 */
export function beatInTurn(
  { config, statement, intervalMs }: HeartbeatOrder,
  tell: (news: HeartbeatNews) => void,
): BeatingHeart {
  let client: pg.Client | undefined
  let ended = false
  let wake: () => void = () => undefined
  const patienceMs = Math.max(1_000, Math.min(intervalMs, 10_000))

  async function beat(): Promise<void> {
    client ??= await connected()
    await client.query({
      text: statement.text,
      values: [...statement.values],
      query_timeout: patienceMs,
    } as pg.QueryConfig)
    tell({ kind: 'beaten' })
  }

  async function connected(): Promise<pg.Client> {
    const fresh = new pg.Client({
      ...config,
      keepAlive: true,
      keepAliveInitialDelayMillis: 1_000,
      connectionTimeoutMillis: patienceMs,
      application_name: 'jobqueue heartbeat',
    } as pg.ClientConfig)
    fresh.on('error', () => drop(fresh))
    await fresh.connect()
    return fresh
  }

  function drop(broken: pg.Client | undefined): void {
    if (client === broken) client = undefined
    if (broken === undefined) return
    void broken.end().catch(() => undefined) // it is broken: how it ends tells nothing
    destroySocket(broken)
  }

  async function live(): Promise<void> {
    while (!ended) {
      const failed = await beat().then(
        () => false,
        (error: Error) => {
          drop(client)
          tell({ kind: 'failed', message: error.message })
          return true
        },
      )
      // After a failure sooner, and not in step with the others that lost the same server.
      const pauseMs = failed ? Math.min(intervalMs, 200 + 800 * Math.random()) : intervalMs
      if (!ended) await new Promise<void>((resolve) => pause(pauseMs, resolve))
    }
    if (client !== undefined) await goodbye(client)
  }

  /** A half-open connection never answers a goodbye: it gets a second for it. */
  async function goodbye(leaving: pg.Client): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, 1_000).unref())
    await Promise.race([leaving.end().catch(() => undefined), late])
  }

  function pause(ms: number, resolve: () => void): void {
    const timer = setTimeout(resolve, ms)
    wake = () => {
      clearTimeout(timer)
      resolve()
    }
  }

  const life = live()
  return {
    now: () => wake(),
    async end() {
      ended = true
      wake()
      await life
    },
  }
}
