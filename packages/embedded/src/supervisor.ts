import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import type { ServerUser } from './server-user.ts'
import { ENDED, supervisorScript } from './supervisor-script.ts'

/** What a {@link Supervisor} has to know about its server. */
export interface ServerPlan {
  /** The directory that holds `initdb` and `postgres`. */
  readonly programs: string
  /** A directory of the supervisor's own, removed when it ends. */
  readonly runDir: string
  readonly dataDir: string
  readonly user: ServerUser | undefined
  readonly durable: boolean
  /** Arguments of `postgres`. */
  readonly settings: readonly string[]
}

/** The server ended before it accepted connections. Its log says why. */
export class ServerNotStartedError extends Error {
  readonly log: string

  constructor(log: string) {
    super(`PostgreSQL did not start:\n${log}`)
    this.name = 'ServerNotStartedError'
    this.log = log
  }
}

/**
 * The process between us and the server: a shell that does what it is told, and that ends the server and removes its
 * directory when we are gone, even by SIGKILL. Its answers and the server's log come through one pipe, so they keep
 * their order.
 */
export class Supervisor {
  readonly #shell: ChildProcess & { stdin: Writable; stdout: Readable }
  readonly #exited: Promise<void>
  readonly #listeners = new Set<(line: string) => void>()
  #log: string[] = []
  #running = false
  #waiting = 0

  constructor(plan: ServerPlan) {
    const shell = spawn('/bin/sh', ['-c', supervisorScript, 'sh', ...scriptArguments(plan)], {
      ...plan.user,
      // Not our own directory: the user of the server may not be allowed to be there.
      cwd: '/',
      stdio: ['pipe', 'pipe', 'ignore'],
      // A session of its own: Ctrl-C is meant for us, and we may still need the server to end well.
      detached: true,
    })
    this.#shell = shell
    this.#exited = new Promise((resolve) => {
      shell.once('close', () => resolve())
      shell.once('error', (error) => resolve(this.#heard(String(error))))
    })
    // An order that cannot be written is never answered: who waits for the answer learns from #exited that the shell is gone.
    shell.stdin.on('error', () => {})
    createInterface({ input: shell.stdout }).on('line', (line) => this.#heard(line))
    this.#letGo()
  }

  /** As the server says it: `PostgreSQL 18.4`. */
  get version(): string {
    return /starting (PostgreSQL \S+)/.exec(this.#log.join('\n'))?.[1] ?? 'PostgreSQL'
  }

  /** Makes a database in the data directory, which is empty. */
  async initialize(): Promise<void> {
    const answer = await this.#answerTo('initialize', (line) => line.startsWith('initialized '))
    if (answer !== 'initialized 0') throw new Error(`initdb failed:\n${this.#log.join('\n')}`)
  }

  /**
   * Starts the server and waits until it accepts connections.
   *
   * @throws ServerNotStartedError if it ended instead
   */
  async start(port: number): Promise<void> {
    this.#log = []
    this.#running = true
    const answer = await this.#answerTo(`start ${port}`, (line) => line === ENDED || READY.test(line))
    if (answer === ENDED) throw new ServerNotStartedError(this.#log.join('\n'))
  }

  /** Ends the server by a fast shutdown: it disconnects everybody and writes down what it knows. */
  async stop(): Promise<void> {
    if (this.#running) await this.#answerTo('stop', (line) => line === ENDED)
  }

  /** Ends the server by an immediate shutdown: it drops everything. */
  async crash(): Promise<void> {
    if (this.#running) await this.#answerTo('crash', (line) => line === ENDED)
  }

  /** Ends the server as {@link stop} does, and the supervisor with it. */
  async close(): Promise<void> {
    this.#holdOn()
    this.#shell.stdin.end()
    await this.#exited
  }

  async #answerTo(order: string, isAnswer: (line: string) => boolean): Promise<string> {
    this.#holdOn()
    try {
      const answer = this.#lineWhere(isAnswer)
      this.#shell.stdin.write(`${order}\n`)
      return await answer
    } finally {
      this.#letGo()
    }
  }

  #lineWhere(isAnswer: (line: string) => boolean): Promise<string> {
    return new Promise((resolve, reject) => {
      const listener = (line: string): void => {
        if (!isAnswer(line)) return
        this.#listeners.delete(listener)
        resolve(line)
      }
      this.#listeners.add(listener)
      void this.#exited.then(() => reject(new Error(`This PostgreSQL is stopped.\n${this.#log.join('\n')}`)))
    })
  }

  #heard(line: string): void {
    if (line === ENDED) this.#running = false
    else this.#log = [...this.#log.slice(-KEPT_LINES), line]
    for (const listener of this.#listeners) listener(line)
  }

  // Only who waits for an answer keeps this process alive: a program that forgets to stop its server still ends.
  #holdOn(): void {
    this.#waiting++
    this.#shell.ref()
  }

  #letGo(): void {
    if (--this.#waiting > 0) return
    this.#shell.unref()
    unref(this.#shell.stdin)
    unref(this.#shell.stdout)
  }
}

/** A standby takes those that only read. */
const READY = /database system is ready to accept (read-only )?connections/

/** Enough to see why a server did not start. */
const KEPT_LINES = 100

function scriptArguments({ programs, runDir, dataDir, durable, settings }: ServerPlan): string[] {
  const sync = durable ? '' : '--no-sync'
  return [
    runDir,
    dataDir,
    join(programs, 'initdb'),
    sync,
    join(programs, 'postgres'),
    '-D',
    dataDir,
    ...settings,
  ]
}

/** The pipes of a child are sockets, which can be unreferenced, though their types do not say so. */
function unref(stream: Readable | Writable): void {
  const socket = stream as unknown as { unref(): void }
  socket.unref()
}
