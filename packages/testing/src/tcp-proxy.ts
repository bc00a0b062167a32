import type { Losses, LossOptions } from './loss-rule.ts'
import type { ProtocolMessage } from './protocol-message.ts'
import type { Direction } from './proxy-rules.ts'
import { RunningProxy } from './running-proxy.ts'

/** Where a {@link TcpProxy} leads: a host and a port, or a database URL that names both. */
export type ProxyTarget = string | { readonly host: string; readonly port: number }

/** A wire that a test can cut. Each rule holds from now on, for connections that are there and for those to come. */
export interface TcpProxy {
  /** On 127.0.0.1. */
  readonly port: number
  /** The same database through this proxy; without TLS, for the proxy reads what passes. */
  url(databaseUrl: string): string
  /** Connections that are open at either side. */
  readonly connections: number
  /** Connections accepted since the start. */
  readonly accepted: number
  /** Bytes received since the start, also those that went no further. */
  readonly bytes: Readonly<Record<Direction, number>>

  /** Resets all connections, at both sides. @returns how many there were */
  cut(): number
  /** Accepts no connection (`ECONNREFUSED`); those that are there stay. */
  refuse(): void
  /** Accepts connections again, on the same port. */
  accept(): Promise<void>
  /** Connections to come lead there; those that are there stay. */
  leadTo(target: ProxyTarget): void
  /**
   * Swallows what is sent, in both directions or in one, the end of a connection included. Sockets stay open and new
   * ones are accepted. The kernel still answers TCP's own keep-alive probes: only somebody's time-out can notice.
   */
  blackhole(only?: Direction): void
  /** Keeps back what is sent; {@link pass} delivers it. A network that comes back looks like this, whatever was resent. */
  hold(): void
  /** Ends {@link blackhole} and {@link hold}. A connection that lost anything stays dead: the rest would make no sense. */
  pass(): void
  /** Delivers everything this many milliseconds late, in each direction. */
  delay(ms: number): void

  /** Drops PostgreSQL's notifications and nothing else: what LISTEN is worth behind a transaction pooler. */
  dropNotifications(): void
  /** Drops the server's messages for which `keeps` is false. Replaces the filter before; without one everything passes. */
  filterServer(keeps?: (message: ProtocolMessage) => boolean): void
  /**
   * Lets the server run the next statement that matches, COMMIT or one that commits by itself, and resets the connection
   * once the server is through with it, without a byte of its reply. Prepared statements count at each execution.
   */
  loseReplyOf(matches: (sql: string) => boolean, options?: LossOptions): Losses
  /** Resets the connection in place of sending the next statement that matches; the server never sees it. */
  loseRequestOf(matches: (sql: string) => boolean, options?: LossOptions): Losses

  /** Resets what is open and stops listening. */
  close(): Promise<void>
}

/**
 * Starts a TCP proxy on a free port of 127.0.0.1.
 *
 * @example
 * const proxy = await startTcpProxy(databaseUrl)
 * const queue = createJobQueue({ connectionString: proxy.url(databaseUrl) })
 * const { lost } = proxy.loseReplyOf((sql) => sql.startsWith('insert'))
 */
export async function startTcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  const proxy = new RunningProxy(target)
  await proxy.accept()
  return proxy
}
