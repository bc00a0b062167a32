import type { Logger, NextRun, WorkService } from '@jq/core'
import { type Membership, safeLogger, safely, silentLogger, type WorkerEntry } from '@jq/core/internal'
import { AttemptCheck, CHECK_MS } from './attempt-check.ts'
import { attemptLines } from './attempt-lines.ts'
import { drained } from './drained.ts'
import type { Handlers } from './handlers.ts'
import { observedWork } from './observed-work.ts'
import type { Observers } from './observers.ts'
import { Pump } from './pump.ts'
import type { Tally } from './tally.ts'
import { Ticks } from './ticks.ts'
import { Upkeep } from './upkeep.ts'
import type { WorkerSettings } from './worker-options.ts'

/** The loops of one worker between its start and its stop. */
export class Threads {
  readonly #workerId: string
  readonly #unobserve: () => void
  readonly #tally: Tally
  readonly #observers: Observers
  readonly #pump: Pump
  readonly #upkeep: Upkeep
  readonly #check: AttemptCheck
  readonly #membership: Membership
  readonly #stopListening: () => Promise<void>
  readonly #logger: Logger
  #finished: Promise<{ finished: number; released: number }> | undefined

  private constructor(parts: {
    workerId: string
    unobserve: () => void
    tally: Tally
    observers: Observers
    pump: Pump
    upkeep: Upkeep
    check: AttemptCheck
    membership: Membership
    stopListening: () => Promise<void>
    logger: Logger
  }) {
    this.#workerId = parts.workerId
    this.#unobserve = parts.unobserve
    this.#tally = parts.tally
    this.#observers = parts.observers
    this.#pump = parts.pump
    this.#upkeep = parts.upkeep
    this.#check = parts.check
    this.#membership = parts.membership
    this.#stopListening = parts.stopListening
    this.#logger = parts.logger
  }

  static async start(
    service: WorkService,
    entry: WorkerEntry,
    handlers: Handlers,
    settings: WorkerSettings,
    { rules, tally, observers }: { rules: ReadonlyMap<string, NextRun>; tally: Tally; observers: Observers },
  ): Promise<Threads> {
    const work = observedWork(service, observers)
    const logger = safeLogger(settings.logger ?? work.logger)
    const { onError, maxCrashCount, prefetch, pollMs, reapMs, heartbeatMs } = settings
    const membership = await work.join(entry, {
      alive: () => undefined,
      failed: (error) =>
        logger.warn(
          { event: 'heartbeat.failed', workerId: entry.id, err: error },
          'a heartbeat failed; trying again',
        ),
    })
    const pump = new Pump({
      work,
      workerId: entry.id,
      handlers,
      threads: entry.threads,
      maxCrashCount,
      tally,
      prefetch,
      maxJobs: Number.POSITIVE_INFINITY,
      logger,
      onError: safely(onError, logger),
      observers,
      beat: () => membership.beat(),
      due: (inMs) => upkeep.due(inMs),
      idle: () => upkeep.pumpIsIdle(),
    })
    const around = { work, rules, logger, onError: safely(onError, logger) }
    const upkeep = new Upkeep({
      work,
      ticks: settings.schedules ? new Ticks(around) : null,
      workerId: entry.id,
      types: entry.jobTypes,
      pump,
      tally,
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
    const unobserve = logger === silentLogger ? () => undefined : observers.add(attemptLines(logger))
    observers.threadsStarted(entry.threads)
    logger.info(
      { event: 'worker.started', workerId: entry.id, threads: entry.threads, jobTypes: entry.jobTypes },
      'threads run',
    )
    pump.feed()
    return new Threads({
      workerId: entry.id,
      unobserve,
      tally,
      observers,
      pump,
      upkeep,
      check,
      membership,
      stopListening,
      logger,
    })
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
      this.#pump.abortAll()
    }
    if (timeoutMs === 0) abort()
    else if (timeoutMs !== null) void pauseUnreferenced(timeoutMs).then(abort)
  }

  async #drainAndLeave(): Promise<{ finished: number; released: number }> {
    const workerId = this.#workerId
    this.#logger.info({ event: 'worker.draining', workerId }, 'no claim begins any more')
    const counts = await drained(this.#pump, this.#logger)
    this.#observers.threadsFinished()
    await Promise.all([this.#upkeep.end(), this.#check.end()])
    await this.#stopListening()
    await this.#membership
      .leave(this.#tally.counts)
      .catch((error: Error) =>
        this.#logger.warn(
          { event: 'worker.leaveFailed', workerId: this.#workerId, err: error },
          'saying goodbye failed; this worker will be taken for dead',
        ),
      )
    this.#unobserve()
    this.#logger.info({ event: 'worker.stopped', workerId, ...counts }, 'threads have ended')
    return counts
  }
}

/** A timer that keeps no process alive. */
function pauseUnreferenced(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, Math.min(ms, 2 ** 31 - 1)).unref())
}
