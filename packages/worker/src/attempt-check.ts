import type { Logger, WorkService } from '@jq/core'
import type { AttemptNews } from '@jq/core/internal'
import type { AbortReason } from './attempt.ts'
import type { Pump } from './pump.ts'
import { Rest } from './wait.ts'

/** How often attempts are checked where there are no heartbeats to do it with. */
export const CHECK_MS = 10_000

/** Which of my attempts are lost, and which shall end? Asked at each heartbeat while something runs, and when a cancel is heard of. */
export class AttemptCheck {
  readonly #work: WorkService
  readonly #workerId: string
  readonly #pump: Pump
  readonly #intervalMs: number
  readonly #logger: Logger
  readonly #stop = new AbortController()
  readonly #rest = new Rest()
  readonly #life: Promise<void>

  constructor(around: {
    work: WorkService
    workerId: string
    pump: Pump
    intervalMs: number
    logger: Logger
  }) {
    this.#work = around.work
    this.#workerId = around.workerId
    this.#pump = around.pump
    this.#intervalMs = around.intervalMs
    this.#logger = around.logger
    this.#life = this.#live()
  }

  now(): void {
    this.#rest.nudge()
  }

  async end(): Promise<void> {
    this.#stop.abort()
    this.#rest.nudge()
    await this.#life
  }

  async #live(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.#rest.for(this.#intervalMs)
      if (!this.#stop.signal.aborted)
        await this.#check().catch((error: Error) =>
          this.#logger.warn(
            { event: 'check.failed', workerId: this.#workerId, err: error },
            'checking the attempts in hand failed; trying again',
          ),
        )
    }
  }

  async #check(): Promise<void> {
    const held = this.#pump.inHand
    if (held.length === 0) return
    for (const { news, ...key } of await this.#work.check(this.#workerId, held)) {
      this.#pump.end(key, REASONS[news])
    }
  }
}

const REASONS: { readonly [news in AttemptNews['news']]: AbortReason } = {
  lost: 'attemptLost',
  cancelled: 'cancelled',
  timedOut: 'timeout',
}
