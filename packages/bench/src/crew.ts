import { setTimeout as wait } from 'node:timers/promises'
import { type SpawnedProcess, spawnProcess } from '@jq/testing/lab'
import type { Answer, Order, ProcessPlan, Said, Ticked } from './process-talk.ts'

const STALLED_MS = 120_000

/** Processes of one contender that do the same. */
export class Crew {
  readonly #processes: readonly SpawnedProcess<Said>[]
  #orders = 0

  constructor(size: number, plan: ProcessPlan, execArgv: readonly string[] = []) {
    const file = new URL('contender-process.ts', import.meta.url)
    const first = ['--import', new URL('keep-compiled.ts', import.meta.url).href]
    this.#processes = Array.from({ length: size }, () =>
      spawnProcess<Said>(file, { args: [JSON.stringify(plan)], execArgv: [...first, ...execArgv] }),
    )
  }

  /** Has all of them do it. */
  async do(order: Order): Promise<readonly Answer[]> {
    const id = ++this.#orders
    const answered = (said: Said): said is Answer => said.said === 'done' && said.id === id
    for (const one of this.#processes) one.send({ ...order, id })
    const within = '15m'
    const answers = await Promise.all(
      this.#processes.map((one) => one.waitFor(`it did ${order.order}`, answered, { within })),
    )
    for (const { error } of answers as Answer[]) if (error) throw new Error(error)
    return answers as Answer[]
  }

  /** When, and in which process's time, this job was entered. */
  async entered(n: number): Promise<number> {
    const found = await Promise.any(
      this.#processes.map((one) =>
        one.waitFor(`job ${n} is entered`, (said) => said.said === 'entered' && said.n === n, {
          within: '1m',
        }),
      ),
    )
    return (found as { at: number }).at
  }

  /** What all have run and used so far, as they said last. */
  progress(): { count: number; cpuUs: number } {
    const ticks = this.#processes.map(({ events }) => lastTick(events))
    return {
      count: ticks.reduce((sum, tick) => sum + (tick?.count ?? 0), 0),
      cpuUs: ticks.reduce((sum, tick) => sum + (tick?.cpuUs ?? 0), 0),
    }
  }

  /** Waits until so many jobs have run, counted since hands were opened. */
  async ran(count: number): Promise<{ count: number; cpuUs: number }> {
    let last = { count: -1, at: performance.now() }
    for (;;) {
      const progress = this.progress()
      if (progress.count >= count) return progress
      if (progress.count > last.count) last = { count: progress.count, at: performance.now() }
      if (performance.now() - last.at > STALLED_MS)
        throw new Error(`Stalled at ${progress.count} of ${count} jobs. ${this.#words()}`)
      await wait(2)
    }
  }

  /** Stops them all in the middle of whatever they do, without a word to anybody. */
  async freeze(): Promise<void> {
    await Promise.all(this.#processes.map((one) => one.stop()))
  }

  async end(): Promise<void> {
    for (const one of this.#processes) one.endInput()
    const ended = Promise.all(this.#processes.map(({ exited }) => exited))
    const patience = new AbortController()
    const late = wait(5_000, undefined, { signal: patience.signal }).catch(() => undefined) // its end by the signal is no error
    await Promise.race([ended, late])
    patience.abort()
    await Promise.all(this.#processes.map((one) => one.kill()))
  }

  #words(): string {
    return this.#processes.map(({ stderr }) => stderr.slice(-2000)).join('\n')
  }
}

/** The last of those since hands were opened last. */
function lastTick(events: readonly Said[]): Ticked | undefined {
  for (let i = events.length - 1; i >= 0; i--) {
    const said = events[i] as Said
    if (said.said === 'tick') return said
  }
  return undefined
}
