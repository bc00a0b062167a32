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
  /** Another statement of this process has renewed its row, and was sent at this time of `process.hrtime.bigint()`. */
  beaten(at: bigint): void
  end(): Promise<void>
}

/** Every third beat is its own, whoever beats along: a connection that has gone is found while nothing depends on it. */
const LONGEST_REST = 3

/**
 * Beats at its interval on a connection of its own, which is made anew whenever it fails: a beat that does not answer within
 * the interval is given up with its connection. Where others beat along, it rests for an interval from their last beat.
 */
export function beatInTurn(
  { config, statement, intervalMs }: HeartbeatOrder,
  tell: (news: HeartbeatNews) => void,
): BeatingHeart {
  let client: pg.Client | undefined
  let ended = false
  let beatenAt = 0
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
      if (failed) await pause(Math.min(intervalMs, 200 + 800 * Math.random()))
      else await rest()
    }
    if (client !== undefined) await goodbye(client)
  }

  /** A half-open connection never answers a goodbye: it gets a second for it. */
  async function goodbye(leaving: pg.Client): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, 1_000).unref())
    await Promise.race([leaving.end().catch(() => undefined), late])
  }

  async function rest(): Promise<void> {
    const since = nowMs()
    const leftMs = () =>
      Math.min(Math.max(since, beatenAt) + intervalMs, since + LONGEST_REST * intervalMs) - nowMs()
    for (let ms = leftMs(); ms > 0 && !ended; ms = leftMs()) await pause(ms)
  }

  async function pause(ms: number): Promise<void> {
    if (ended) return
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  const life = live()
  return {
    beaten(at) {
      beatenAt = milliseconds(at)
    },
    async end() {
      ended = true
      wake()
      await life
    },
  }
}

/** By the clock that the threads of a process share. */
function nowMs(): number {
  return milliseconds(process.hrtime.bigint())
}

function milliseconds(nanoseconds: bigint): number {
  return Number(nanoseconds) / 1e6
}
