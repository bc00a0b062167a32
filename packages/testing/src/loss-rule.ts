/** A statement that was cut off. */
export interface LostStatement {
  readonly sql: string
  /** Whether the server ran it: a lost reply was, a lost request was not. */
  readonly executed: boolean
  /** Whether the server refused it; then nothing was done either. */
  readonly failed: boolean
}

/** What {@link TcpProxy.loseReplyOf} and {@link TcpProxy.loseRequestOf} accept. */
export interface LossOptions {
  /** How many statements to cut off before the rule ends by itself. @defaultValue 1 */
  times?: number | undefined
}

/** A rule at work. It tells what it has done: a test whose fault never struck proves nothing. */
export interface Losses {
  /** Every statement that was cut off so far. */
  readonly lost: readonly LostStatement[]
  /** Ends the rule. */
  stop(): void
}

/** Which statements to cut off, and at which side of their execution. */
export class LossRule implements Losses {
  readonly of: 'request' | 'reply'
  readonly lost: LostStatement[] = []
  readonly #matches: (sql: string) => boolean
  #left: number

  constructor(of: LossRule['of'], matches: (sql: string) => boolean, { times = 1 }: LossOptions = {}) {
    this.of = of
    this.#matches = matches
    this.#left = times
  }

  /** Whether this statement is to be cut off. A yes is counted: whoever asks then does it. */
  takes(sql: string): boolean {
    if (this.#left <= 0 || !this.#matches(sql)) return false
    this.#left--
    return true
  }

  stop(): void {
    this.#left = 0
  }
}
