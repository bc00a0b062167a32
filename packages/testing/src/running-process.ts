import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { basename } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import { durationMs } from '@jq/core/internal'
import { EventLog } from './event-log.ts'
import { jsonLines } from './json-lines.ts'
import { guardProcess } from './process-guard.ts'
import { isStopped } from './process-state.ts'
import { shiftClock } from './shift-clock.ts'
import type { ProcessExit, SpawnedProcess, SpawnProcessOptions } from './spawn-process.ts'
import { type UntilOptions, until } from './until.ts'

/** A {@link SpawnedProcess} and the child process behind it. */
export class RunningProcess<Event> implements SpawnedProcess<Event> {
  readonly pid: number
  readonly exited: Promise<ProcessExit>
  readonly #name: string
  readonly #child: ChildProcess
  readonly #log = new EventLog<Event>()
  #stderr = ''

  constructor(path: string, options: SpawnProcessOptions) {
    this.#child = start(path, options)
    this.pid = this.#child.pid as number
    this.#name = `${basename(path)} (pid ${this.pid})`
    this.exited = this.#live()
    // A process that is gone reads nothing; that it is gone, `exited` says.
    this.#stdin.on('error', () => undefined)
  }

  get events(): readonly Event[] {
    return this.#log.events
  }

  get lines(): AsyncIterable<Event> {
    return this.#log
  }

  get stderr(): string {
    return this.#stderr
  }

  async waitFor(
    what: string,
    matches: (event: Event) => boolean,
    options: UntilOptions = {},
  ): Promise<Event> {
    const { within = '10s' } = options
    const found = new AbortController()
    const late = wait(durationMs(within, 'within'), undefined, { signal: found.signal }).then(() => {
      throw new Error(`Waited ${within} in vain until ${what}. ${this.#lastWords()}`)
    })
    try {
      return await Promise.race([this.#first(what, matches), late])
    } finally {
      found.abort()
      late.catch(() => undefined) // rejects because it is aborted
    }
  }

  send(order: unknown): void {
    this.#stdin.write(`${JSON.stringify(order)}\n`)
  }

  endInput(): void {
    this.#stdin.end()
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<ProcessExit> {
    this.signal(signal)
    return this.exited
  }

  async stop(): Promise<void> {
    this.signal('SIGSTOP')
    await until(`${this.#name} is stopped`, () => isStopped(this.pid))
  }

  resume(): void {
    this.signal('SIGCONT')
  }

  async shiftClock(shiftMs: number): Promise<void> {
    await this.#setClock({ shiftMs: Math.round(shiftMs) })
  }

  async freezeClock(): Promise<void> {
    await this.#setClock('frozen')
  }

  get #stdin(): Writable {
    return this.#child.stdin as Writable
  }

  /** Listens to the process until its end. */
  async #live(): Promise<ProcessExit> {
    const unguard = guardProcess(this.pid)
    const heard = this.#hear()
    const exit = await endOf(this.#child)
    unguard()
    await heard
    return exit
  }

  async #hear(): Promise<void> {
    const { stdout, stderr } = this.#child as { stdout: Readable; stderr: Readable }
    stderr.setEncoding('utf8').on('data', (text: string) => this.#note(text))
    for await (const event of jsonLines<Event>(stdout, (line) => this.#note(`${line}\n`)))
      this.#log.add(event)
    this.#log.end()
  }

  #note(text: string): void {
    this.#stderr += text
  }

  async #first(what: string, matches: (event: Event) => boolean): Promise<Event> {
    for await (const event of this.lines) if (matches(event)) return event
    const { code, signal } = await this.exited
    throw new Error(
      `${this.#name} ended with ${signal ?? `code ${code}`} before ${what}. ${this.#lastWords()}`,
    )
  }

  #lastWords(): string {
    const last = inspect(this.events.at(-1), { breakLength: Number.POSITIVE_INFINITY })
    return `${this.#name} said ${this.events.length} things, at last ${last}, and on stderr: ${this.#stderr.slice(-4_000)}`
  }

  async #setClock(clock: 'frozen' | { shiftMs: number }): Promise<void> {
    if (!this.#child.channel)
      throw new Error(`${this.#name} has no clock to set: spawn it with clockShiftMs, 0 will do.`)
    const isSet = new AbortController()
    const answered = once(this.#child, 'message', { signal: isSet.signal }).then(() => 'set' as const)
    this.#child.send({ clock })
    try {
      const outcome = await Promise.race([answered, this.exited])
      if (outcome !== 'set') throw new Error(`${this.#name} ended before its clock was set.`)
    } finally {
      isSet.abort()
      answered.catch(() => undefined) // rejects because it is aborted
    }
  }
}

function start(path: string, options: SpawnProcessOptions): ChildProcess {
  const { args = [], env, execArgv = [], clockShiftMs } = options
  const clock = clockShiftMs === undefined ? [] : shiftClock(clockShiftMs)
  const child = spawn(process.execPath, ['--conditions=@jq/source', ...clock, ...execArgv, path, ...args], {
    stdio: clockShiftMs === undefined ? ['pipe', 'pipe', 'pipe'] : ['pipe', 'pipe', 'pipe', 'ipc'],
    ...(env && { env }),
  })
  child.on('error', () => undefined) // said below, at once
  if (child.pid === undefined) throw new Error(`No process could be started for ${path}.`)
  return child
}

function endOf(child: ChildProcess): Promise<ProcessExit> {
  return new Promise((resolve) => child.once('close', (code, signal) => resolve({ code, signal })))
}
