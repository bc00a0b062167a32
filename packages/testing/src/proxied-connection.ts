import { Socket, type TcpNetConnectOpts } from 'node:net'
import { Flow, type FlowRules } from './flow.ts'
import { Conversation, type ProtocolMessage } from './protocol-message.ts'
import type { Direction, ProxyRules } from './proxy-rules.ts'
import { resetSocket } from './reset-socket.ts'
import { StatementLoss, type Verdict } from './statement-loss.ts'

/** One client of the proxy and its own connection to the server. */
export class ProxiedConnection {
  readonly #client: Socket
  readonly #server = new Socket({ allowHalfOpen: true })
  readonly #rules: ProxyRules
  readonly #toServer: Flow
  readonly #toClient: Flow
  readonly #conversation = new Conversation()
  readonly #loss: StatementLoss
  /** Something that was sent never arrived, so what follows it would be a lie. */
  #isTorn = false
  #isDead = false

  constructor(client: Socket, to: TcpNetConnectOpts, rules: ProxyRules) {
    this.#client = client
    this.#rules = rules
    this.#loss = new StatementLoss(rules.losses)
    this.#toServer = new Flow(client, this.#server, this.#rulesOf('fromClients'))
    this.#toClient = new Flow(this.#server, client, this.#rulesOf('fromServer'))
    this.#hear(client, 'fromClients', this.#toServer)
    this.#hear(this.#server, 'fromServer', this.#toClient)
    this.#connect(to)
  }

  /** Calls `onOver` when neither side is there any more. */
  onceOver(onOver: () => void): void {
    const sides = [this.#client, this.#server]
    const look = () => sides.every((side) => side.closed) && onOver()
    for (const side of sides) side.once('close', look)
  }

  /** Resets both sides. */
  cut(): void {
    for (const flow of [this.#toServer, this.#toClient]) flow.drop()
    for (const side of [this.#client, this.#server]) resetSocket(side)
  }

  /** To be called when the rules have changed. */
  rulesChanged(): void {
    this.#isDead ||= this.#isTorn && this.#rules.swallowed.size === 0
    for (const flow of [this.#toServer, this.#toClient]) flow.deliver()
  }

  /** The server does not hear of who comes while nothing can reach it. */
  #connect(to: TcpNetConnectOpts): void {
    if (this.#isSwallowed('fromClients')) this.#tear()
    else this.#server.setNoDelay(true).connect(to)
  }

  #rulesOf(direction: Direction): FlowRules {
    return {
      delayMs: () => this.#rules.delayMs,
      isHeld: () => this.#rules.isHeld,
      isSwallowed: () => this.#isSwallowed(direction),
      onSwallowed: () => this.#tear(),
    }
  }

  #isSwallowed(direction: Direction): boolean {
    return this.#isDead || this.#rules.swallowed.has(direction)
  }

  #tear(): void {
    this.#isTorn = true
  }

  #hear(source: Socket, direction: Direction, flow: Flow): void {
    source.on('data', (chunk) => this.#forward(chunk, direction, flow))
    source.on('end', () => flow.send('end'))
    source.on('error', () => flow.send('reset'))
  }

  #forward(chunk: Buffer, direction: Direction, flow: Flow): void {
    this.#rules.bytes[direction] += chunk.length
    if (this.#isSwallowed(direction)) this.#tear()
    else this.#pass(direction === 'fromClients' ? this.#judgeRequest(chunk) : this.#judgeReply(chunk), flow)
  }

  #pass({ passed, isCut }: Judgement, flow: Flow): void {
    if (passed.length > 0) flow.send(passed)
    if (isCut) this.cut()
  }

  #judgeRequest(chunk: Buffer): Judgement {
    return judge(this.#conversation.fromClient(chunk), (message) => this.#loss.requested(message))
  }

  #judgeReply(chunk: Buffer): Judgement {
    return judge(this.#conversation.fromServer(chunk), (message) => {
      const verdict = this.#loss.replied(message)
      return verdict === 'pass' && !this.#rules.keeps(message) ? 'drop' : verdict
    })
  }
}

/** The bytes that go on, and whether the connection is cut behind them. */
interface Judgement {
  readonly passed: Buffer
  readonly isCut: boolean
}

function judge(
  messages: readonly ProtocolMessage[],
  verdictOf: (message: ProtocolMessage) => Verdict,
): Judgement {
  const passed: Buffer[] = []
  for (const message of messages) {
    const verdict = verdictOf(message)
    if (verdict === 'cut') return { passed: Buffer.concat(passed), isCut: true }
    if (verdict === 'pass') passed.push(message.bytes)
  }
  return { passed: Buffer.concat(passed), isCut: false }
}
