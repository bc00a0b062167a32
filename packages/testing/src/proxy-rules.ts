import type { LossRule } from './loss-rule.ts'
import type { ProtocolMessage } from './protocol-message.ts'

/** Which way bytes go. */
export type Direction = 'fromClients' | 'fromServer'

/** What holds for all connections of a proxy at this moment, and what came through so far. */
export interface ProxyRules {
  readonly swallowed: Set<Direction>
  readonly losses: Set<LossRule>
  readonly bytes: Record<Direction, number>
  isHeld: boolean
  delayMs: number
  /** Which messages of the server reach the clients. */
  keeps(message: ProtocolMessage): boolean
}

/** Everything passes. */
export function passAll(): ProxyRules {
  return {
    swallowed: new Set(),
    losses: new Set(),
    bytes: { fromClients: 0, fromServer: 0 },
    isHeld: false,
    delayMs: 0,
    keeps: () => true,
  }
}
