import type { Logger, WorkService } from '@jq/core'
import type { Membership, WorkerEntry } from '@jq/core/internal'
import { AttemptCheck } from './attempt-check.ts'
import type { Handlers } from './handlers.ts'
import { Pump } from './pump.ts'
import { Upkeep } from './upkeep.ts'
import { Rest } from './wait.ts'
import type { WorkerSettings } from './worker-options.ts'

/** How long a stop goes on trying to write outcomes to a database that is away. */
const PATIENCE_MS = 30_000
/** How often attempts are checked where there are no heartbeats to do it with. */
const CHECK_MS = 10_000

/** The loops of one worker between its start and its stop. */
export class Threads {
  readonly #pump: Pump
  readonly #upkeep: Upkeep
  readonly #check: AttemptCheck
  readonly #membership: Membership
  readonly #stopListening: () => Promise<void>
  readonly #logger: Logger
  #finished: Promise<{ finished: number; released: number }> | undefined

  private constructor(parts: {
    pump: Pump
    upkeep: Upkeep
    check: AttemptCheck
    membership: Membership
    stopListening: () => Promise<void>
    logger: Logger
  }) {
    this.#pump = parts.pump
    this.#upkeep = parts.upkeep
    this.#check = parts.check
    this.#membership = parts.membership
    this.#stopListening = parts.stopListening
    this.#logger = parts.logger
  }

  static async start(
    work: WorkService,
    entry: WorkerEntry,
    handlers: Handlers,
    settings: WorkerSettings,
  ): Promise<Threads> {
    const logger = safeLogger(settings.logger ?? work.logger)
    const { onError, maxCrashCount, pollMs, reapMs, heartbeatMs } = settings
    const membership = await work.join(entry, {
      alive: () => undefined,
      failed: (error) => logger.warn({ error }, 'a heartbeat failed; trying again'),
    })
    const pump = new Pump({
      work,
      workerId: entry.id,
      handlers,
      threads: entry.threads,
      maxCrashCount,
      logger,
      onError: safely(onError, logger),
      beat: () => membership.beat(),
      due: (inMs) => upkeep.due(inMs),
      idle: () => upkeep.pumpIsIdle(),
    })
    const upkeep = new Upkeep({
      work,
      workerId: entry.id,
      types: entry.jobTypes,
      pump,
      pollMs,
      reapMs,
      logger,
    })
    const check = new AttemptCheck({
      work,
      workerId: entry.id,
      pump,
      intervalMs: heartbeatMs || CHECK_MS,
      logger,
    })
    const stopListening = await work.onWakeUp((hint) =>
      hint.kind === 'cancel' ? check.now() : upkeep.hear(hint),
    )
    pump.feed()
    return new Threads({ pump, upkeep, check, membership, stopListening, logger })
  }

  /** No claim begins after the call. @param timeoutMs - after which running jobs are aborted and released; null: never */
  finish(timeoutMs: number | null): Promise<{ finished: number; released: number }> {
    this.#pump.stopClaiming()
    this.#abortAfter(timeoutMs)
    this.#finished ??= this.#drainAndLeave()
    return this.#finished
  }

  #abortAfter(timeoutMs: number | null): void {
    const abort = () => {
      for (const attempt of this.#pump.running.open) attempt.abort('shutdown')
    }
    if (timeoutMs === 0) abort()
    else if (timeoutMs !== null) void pauseUnreferenced(timeoutMs).then(abort)
  }

  async #drainAndLeave(): Promise<{ finished: number; released: number }> {
    const counts = await this.#drained()
    await Promise.all([this.#upkeep.end(), this.#check.end()])
    await this.#stopListening()
    await this.#membership
      .leave()
      .catch((error: Error) =>
        this.#logger.warn({ error }, 'saying goodbye failed; this worker will be taken for dead'),
      )
    return counts
  }

  /** Every outcome reached is recorded, unless the database stays away: then the attempts are reaped, at the cost of a crash. */
  async #drained(): Promise<{ finished: number; released: number }> {
    const drained = this.#pump.drained()
    while (this.#pump.running.openSize > 0)
      await Promise.race([drained, ...this.#pump.running.open.map(({ outcome }) => outcome)])
    const patience = new Rest()
    const counts = await Promise.race([drained, patience.for(PATIENCE_MS).then(() => undefined)])
    patience.nudge()
    if (counts !== undefined) return counts
    this.#logger.error(
      { outcomes: this.#pump.abandonOutcomes() },
      'outcomes could not be written before the stop; their attempts will be reaped',
    )
    return drained
  }
}

/** A logger that throws is nobody's job. */
function safeLogger(logger: Logger): Logger {
  const safely = (level: keyof Logger) => (fields: object, message?: string) => {
    try {
      logger[level](fields, message)
    } catch {
      // There is nowhere left to say it.
    }
  }
  return { debug: safely('debug'), info: safely('info'), warn: safely('warn'), error: safely('error') }
}

/** A timer that keeps no process alive. */
function pauseUnreferenced(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)).unref())
}

/** What a user's callback throws is nobody's job. */
function safely(onError: (error: Error) => void, logger: Logger): (error: Error) => void {
  return (error) => {
    try {
      onError(error)
    } catch (thrown) {
      logger.error({ error: thrown }, 'onError threw')
    }
  }
}
