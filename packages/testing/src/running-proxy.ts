import { once } from 'node:events'
import { type AddressInfo, createServer, type Server, type Socket, type TcpNetConnectOpts } from 'node:net'
import { type Losses, type LossOptions, LossRule } from './loss-rule.ts'
import { ProxiedConnection } from './proxied-connection.ts'
import { type Direction, type ProxyRules, passAll } from './proxy-rules.ts'
import type { ProxyTarget, TcpProxy } from './tcp-proxy.ts'
import { until } from './until.ts'

const HOST = '127.0.0.1'

/** A {@link TcpProxy}: a listener, and the rules that all its connections look at. */
export class RunningProxy implements TcpProxy {
  #target: TcpNetConnectOpts
  readonly #rules: ProxyRules = passAll()
  readonly #connections = new Set<ProxiedConnection>()
  #listener: Server | undefined
  #port = 0
  #accepted = 0

  constructor(target: ProxyTarget) {
    this.#target = addressOf(target)
  }

  get port(): number {
    return this.#port
  }

  get connections(): number {
    return this.#connections.size
  }

  get accepted(): number {
    return this.#accepted
  }

  get bytes(): Readonly<Record<Direction, number>> {
    return { ...this.#rules.bytes }
  }

  url(databaseUrl: string): string {
    const url = new URL(databaseUrl)
    url.hostname = HOST
    url.port = String(this.#port)
    url.searchParams.set('sslmode', 'disable')
    return url.href
  }

  cut(): number {
    const cut = this.connections
    for (const connection of this.#connections) connection.cut()
    return cut
  }

  refuse(): void {
    this.#listener?.close()
    this.#listener = undefined
  }

  async accept(): Promise<void> {
    // While it was closed, a connection of anybody's may have been given the port for a moment.
    this.#listener ??= await until(`port ${this.#port} is free again`, () => this.#listen())
    this.#port = (this.#listener.address() as AddressInfo).port
  }

  leadTo(target: ProxyTarget): void {
    this.#target = addressOf(target)
  }

  blackhole(only?: Direction): void {
    for (const direction of only ? [only] : BOTH) this.#rules.swallowed.add(direction)
  }

  hold(): void {
    this.#rules.isHeld = true
  }

  pass(): void {
    this.#rules.isHeld = false
    this.#rules.swallowed.clear()
    for (const connection of this.#connections) connection.rulesChanged()
  }

  delay(ms: number): void {
    this.#rules.delayMs = ms
  }

  dropNotifications(): void {
    this.filterServer(({ type }) => type !== 'A')
  }

  filterServer(keeps: ProxyRules['keeps'] = () => true): void {
    this.#rules.keeps = keeps
  }

  loseReplyOf(matches: (sql: string) => boolean, options?: LossOptions): Losses {
    return this.#lose(new LossRule('reply', matches, options))
  }

  loseRequestOf(matches: (sql: string) => boolean, options?: LossOptions): Losses {
    return this.#lose(new LossRule('request', matches, options))
  }

  async close(): Promise<void> {
    this.refuse()
    this.cut()
    await until('the proxy has no connection', () => this.connections === 0)
  }

  #lose(rule: LossRule): Losses {
    this.#rules.losses.add(rule)
    return rule
  }

  async #listen(): Promise<Server> {
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) => this.#take(socket))
    listener.listen(this.#port, HOST)
    await once(listener, 'listening')
    return listener
  }

  #take(client: Socket): void {
    this.#accepted++
    const connection = new ProxiedConnection(client, this.#target, this.#rules)
    this.#connections.add(connection)
    connection.onceOver(() => this.#connections.delete(connection))
  }
}

const BOTH: readonly Direction[] = ['fromClients', 'fromServer']

function addressOf(target: ProxyTarget): TcpNetConnectOpts {
  if (typeof target !== 'string') return target
  const { hostname, port } = new URL(target)
  return { host: hostname || 'localhost', port: Number(port || 5432) }
}
