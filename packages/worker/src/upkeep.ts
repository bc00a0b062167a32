import { ClosedError, type Logger, type WorkService } from '@jq/core'
import type { WakeUp } from '@jq/core/internal'
import type { Pump } from './pump.ts'
import type { Tally } from './tally.ts'
import type { Ticks } from './ticks.ts'
import { pauseMs, Rest } from './wait.ts'

export interface UpkeepSurroundings {
  readonly work: WorkService
  readonly workerId: string
  readonly types: readonly string[]
  readonly pump: Pump
  /** Null: this process runs no schedules. */
  readonly ticks: Ticks | null
  readonly tally: Tally
  readonly pollMs: number
  readonly reapMs: number
  readonly logger: Logger
}

/** Part of its interval by which a reap may come early, so that it goes along with a poll that is due just before. */
const SLACK = 0.05
/** A process that does not sleep is not told of new due times: it looks at least this often. */
const AWAKE_MS = 1_000
/** What is due and was not promoted is held by somebody's open transaction: it is looked for again, without haste. */
const OVERDUE_MS = 50
/** A schedule that is due and could not be moved on is held by somebody's open transaction, or its rule fails. */
const IN_VAIN_MS = 1_000
/**
 * An open transaction can hide its job from a process that falls asleep, or that sleeps for more types than before: it looks again
 * before it trusts the wake-ups.
 */
const FALLING_ASLEEP_MS = [20, 50, 100, 200]

/** Who adds while another's notification is under way sends none, and commits a little later: what was heard may stand for it. */
const ECHO_MS = 30

/** What is due, which schedule has its tick, who is dead, does work wait? One statement asks it all, at start, at each poll, and whenever a job falls due. */
export class Upkeep {
  readonly #around: UpkeepSurroundings
  readonly #stop = new AbortController()
  readonly #rest = new Rest()
  readonly #life: Promise<void>
  #wakeAt = Number.POSITIVE_INFINITY
  #reapAt = 0
  #ticksAt = 0
  #asleep = false
  /** How often it was told to look, and how many of these a look has heeded. */
  #told = 0
  #heeded = 0
  #looksLeft: number[] = []
  #echo: NodeJS.Timeout | undefined

  constructor(around: UpkeepSurroundings) {
    this.#around = around
    this.#life = this.#live()
  }

  /** A job falls due in so many milliseconds. */
  due(inMs: number): void {
    this.#wakeAt = Math.min(this.#wakeAt, performance.now() + inMs)
    if (this.#wakeAt - performance.now() < this.#around.pollMs) this.#rest.nudge()
  }

  /** The pump has run out of work. */
  pumpIsIdle(): void {
    if (!this.#asleep) this.#rest.nudge()
  }

  hear({ kind }: WakeUp): void {
    if (kind === 'available') this.#feedTwice()
    if (kind === 'due') this.#lookAnew()
  }

  /** For what falls due, or for a type that is paused no more: nobody slept for that one. */
  #lookAnew(): void {
    this.#told++
    this.due(0)
  }

  #feedTwice(): void {
    const { pump } = this.#around
    pump.feed()
    this.#echo ??= setTimeout(() => {
      this.#echo = undefined
      pump.feed()
    }, ECHO_MS).unref()
  }

  async end(): Promise<void> {
    this.#stop.abort()
    clearTimeout(this.#echo)
    this.#rest.nudge()
    await this.#life
  }

  async #live(): Promise<void> {
    let failures = 0
    while (!this.#stop.signal.aborted) {
      try {
        await this.#rest.for(await this.#look())
        failures = 0
      } catch (error) {
        if (error instanceof ClosedError) return // the queue comes back no more
        this.#around.logger.warn(
          { event: 'look.failed', workerId: this.#around.workerId, err: error },
          'looking for due and dead jobs failed; trying again',
        )
        await this.#rest.for(pauseMs(++failures))
      }
    }
  }

  /** @returns how long to wait until the next look */
  async #look(): Promise<number> {
    const { work, workerId, types, pump, ticks, tally, reapMs } = this.#around
    const reap = performance.now() >= this.#reapAt - SLACK * reapMs
    const sleeping = pump.sleeps
    const told = this.#told
    this.#wakeAt = Number.POSITIVE_INFINITY
    const { waiting, waitingSolo, runDry, nextDueMs, nextTickMs } = await work.look({
      ...{ workerId, types, reap, sleeping },
      settled: tally.counts,
      rules: ticks?.rules ?? null,
    })
    if (reap) this.#reapAt = performance.now() + reapMs
    if (!sleeping) this.#looksLeft = []
    else if (!this.#asleep || this.#heeded < told) this.#looksLeft = [...FALLING_ASLEEP_MS]
    this.#asleep = sleeping
    this.#heeded = told
    pump.runDry(runDry)
    if (waiting || (waitingSolo && pump.idle)) pump.feed()
    if (nextDueMs !== null)
      this.#wakeAt = Math.min(this.#wakeAt, performance.now() + (nextDueMs > 0 ? nextDueMs : OVERDUE_MS))
    return nextTickMs !== null && (await this.#tick(nextTickMs)) ? 0 : this.#untilNext()
  }

  /** @returns true where it has moved schedules on, and is to look again for what follows */
  async #tick(inMs: number): Promise<boolean> {
    const now = performance.now()
    if (inMs <= 0 && now >= this.#ticksAt) {
      if (await this.#around.ticks?.run()) return true
      this.#ticksAt = performance.now() + IN_VAIN_MS
    }
    this.#wakeAt = Math.min(this.#wakeAt, inMs > 0 ? now + inMs : this.#ticksAt)
    return false
  }

  #untilNext(): number {
    const now = performance.now()
    const poll = this.#asleep ? this.#around.pollMs : Math.min(this.#around.pollMs, AWAKE_MS)
    return Math.max(
      0,
      Math.min(poll, this.#looksLeft.shift() ?? poll, this.#reapAt - now, this.#wakeAt - now),
    )
  }
}
