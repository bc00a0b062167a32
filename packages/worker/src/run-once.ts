import type { Logger, NextRun, WorkService } from '@jq/core'
import { type Membership, safeLogger, safely, silentLogger, type WorkerEntry } from '@jq/core/internal'
import { AttemptCheck, CHECK_MS } from './attempt-check.ts'
import { attemptLines } from './attempt-lines.ts'
import { drained } from './drained.ts'
import type { Handlers } from './handlers.ts'
import { joinUnless } from './join-unless.ts'
import { observedWork } from './observed-work.ts'
import type { Observers } from './observers.ts'
import { Pump } from './pump.ts'
import type { Tally } from './tally.ts'
import { Ticks } from './ticks.ts'
import { Rest } from './wait.ts'
import type { WorkerSettings } from './worker-options.ts'

/** While something runs it looks for other work so often: it listens to nobody. */
const LOOK_MS = 1_000
/** After a look that led to nothing, since others hold or take what was there. */
const IN_VAIN_MS = 100

/** One worker's way through what is due: it joins, works until nothing is left, and leaves. */
export class RunOnce {
  readonly #work: WorkService
  readonly #entry: WorkerEntry
  readonly #membership: Membership
  readonly #unobserve: () => void
  readonly #tally: Tally
  readonly #observers: Observers
  readonly #pump: Pump
  readonly #check: AttemptCheck
  readonly #ticks: Ticks | null
  readonly #maxJobs: number
  readonly #logger: Logger
  readonly #stop = new AbortController()
  readonly #rest = new Rest()
  readonly #timers: NodeJS.Timeout[] = []
  /** How many attempts it has run, once it has left. */
  readonly ended: Promise<number>
  #rested: Promise<void> | undefined
  #counts = { finished: 0, released: 0 }

  private constructor(parts: {
    unobserve: () => void
    work: WorkService
    entry: WorkerEntry
    membership: Membership
    tally: Tally
    observers: Observers
    pump: Pump
    check: AttemptCheck
    ticks: Ticks | null
    maxJobs: number
    logger: Logger
  }) {
    this.#work = parts.work
    this.#entry = parts.entry
    this.#membership = parts.membership
    this.#unobserve = parts.unobserve
    this.#tally = parts.tally
    this.#observers = parts.observers
    this.#pump = parts.pump
    this.#check = parts.check
    this.#ticks = parts.ticks
    this.#maxJobs = parts.maxJobs
    this.#logger = parts.logger
    this.ended = this.#run()
  }

  static async start(
    service: WorkService,
    entry: WorkerEntry,
    handlers: Handlers,
    settings: WorkerSettings,
    {
      rules,
      tally,
      observers,
      maxJobs,
      late,
    }: {
      rules: ReadonlyMap<string, NextRun>
      tally: Tally
      observers: Observers
      maxJobs: number
      late: AbortSignal
    },
  ): Promise<RunOnce> {
    const work = observedWork(service, observers)
    const logger = safeLogger(settings.logger ?? work.logger)
    const { onError, maxCrashCount, heartbeatMs } = settings
    const workerId = entry.id
    const told = {
      alive: () => undefined,
      failed: (error: Error) =>
        logger.warn(
          { event: 'heartbeat.failed', workerId: entry.id, err: error },
          'a heartbeat failed; trying again',
        ),
    }
    const membership = await joinUnless(late, work, entry, told)
    const pump = new Pump({
      ...{
        work,
        workerId,
        handlers,
        threads: entry.threads,
        prefetch: 0,
        maxJobs,
        maxCrashCount,
        tally,
        logger,
        observers,
      },
      onError: safely(onError, logger),
      beat: () => membership.beat(),
      due: () => undefined,
      idle: () => undefined,
    })
    const check = new AttemptCheck({ work, workerId, pump, intervalMs: heartbeatMs || CHECK_MS, logger })
    const ticks = settings.schedules
      ? new Ticks({ work, rules, logger, onError: safely(onError, logger) })
      : null
    const unobserve = logger === silentLogger ? () => undefined : observers.add(attemptLines(logger))
    observers.threadsStarted(entry.threads)
    return new RunOnce({
      unobserve,
      work,
      entry,
      membership,
      tally,
      observers,
      pump,
      check,
      ticks,
      maxJobs,
      logger,
    })
  }

  /** No claim begins after the call. @param timeoutMs - after which running jobs are aborted and released; null: never */
  async finish(timeoutMs: number | null): Promise<{ finished: number; released: number }> {
    this.#stop.abort()
    this.#pump.stopClaiming()
    this.#rest.nudge()
    if (timeoutMs === 0) this.#pump.abortAll()
    else if (timeoutMs !== null) this.#after(timeoutMs, () => this.#pump.abortAll())
    await this.ended.catch(() => undefined) // whoever called runOnce has the error
    return this.#counts
  }

  #after(ms: number, act: () => void): void {
    if (ms < 2 ** 31) this.#timers.push(setTimeout(act, ms))
  }

  async #run(): Promise<number> {
    try {
      await this.#workOff()
    } finally {
      this.#pump.stopClaiming()
      this.#counts = await drained(this.#pump, this.#logger)
      this.#observers.threadsFinished()
      this.#unobserve()
      for (const timer of this.#timers) clearTimeout(timer)
      await this.#check.end()
      await this.#membership
        .leave(this.#tally.counts)
        .catch((error: Error) =>
          this.#logger.warn(
            { event: 'worker.leaveFailed', workerId: this.#entry.id, err: error },
            'saying goodbye failed; this worker will be taken for dead',
          ),
        )
    }
    return this.#pump.begun
  }

  async #workOff(): Promise<void> {
    const { id: workerId, jobTypes: types } = this.#entry
    for (let reap = true; !this.#isOver; reap = false) {
      const begun = this.#pump.begun
      const rules = this.#ticks?.rules ?? null
      const request = { workerId, types, reap, rules, sleeping: false, settled: this.#tally.counts }
      const { waiting, waitingSolo, runDry, nextTickMs } = await this.#work.look(request)
      if (this.#isOver) return
      if (nextTickMs !== null && nextTickMs <= 0 && (await this.#ticks?.run())) continue
      this.#pump.runDry(runDry)
      if (waiting || (waitingSolo && this.#pump.idle)) this.#pump.feed()
      else if (this.#pump.running.openSize === 0 && !waitingSolo) return
      await this.#restedOrLate()
      if (this.#pump.begun > begun || this.#pump.running.openSize > 0) continue
      if (this.#pump.running.size > 0) return // its threads are taken by handlers that do not end
      await this.#rest.for(IN_VAIN_MS)
    }
  }

  get #isOver(): boolean {
    return this.#stop.signal.aborted || this.#pump.begun >= this.#maxJobs
  }

  async #restedOrLate(): Promise<void> {
    this.#rested ??= this.#pump.rested().then(() => {
      this.#rested = undefined
      this.#rest.nudge()
    })
    await this.#rest.for(LOOK_MS)
  }
}
