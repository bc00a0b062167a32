import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Assignment, News, Order } from './orders.ts'

/** One of the demo's worker processes, seen from the demo's. */
export class WorkerProcess {
  readonly pid: number
  /** The worker's id in the database, once it works. */
  readonly workerId: Promise<string>
  readonly #child: ChildProcess
  readonly #ended: Promise<void>
  #mayEnd = false
  #hasWork = false
  #isHolding = false

  /** @param onSurprise - called if the process ends though nobody told it to */
  constructor(onSurprise: (error: Error) => void) {
    // Started as this process was: with the same Node.js, its options, and the same file, be it source or build.
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1] as string, 'demo-worker'], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    this.pid = child.pid ?? 0
    this.#ended = endOf(child)
    this.workerId = newsOf(child, 'working').then(({ workerId }) => workerId)
    void newsOf(child, 'holding').then(() => {
      this.#isHolding = true
    })
    child.on('error', () => undefined) // howItEnded says so
    void this.#ended.then(() => {
      if (!this.#mayEnd)
        onSurprise(new Error(`Worker process ${child.pid} ended unexpectedly: ${howItEnded(child)}.`))
    })
  }

  /** True once it has begun the job that it was told to hold. */
  get isHolding(): boolean {
    return this.#isHolding
  }

  /** Begins to work; resolves when its threads run. */
  async work(assignment: Assignment, signal: AbortSignal): Promise<void> {
    this.#hasWork = true
    this.#order({ order: 'work', assignment })
    await Promise.race([this.workerId, aborted(signal)])
  }

  /** Kills it as a crash or the lack of memory would, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#mayEnd = true
    this.#child.kill('SIGKILL')
    await this.#ended
  }

  /** Lets it finish what it does, and waits for its end. */
  async finish(): Promise<void> {
    await this.#endBy({ order: 'finish' })
  }

  /** Lets it give back what it does, and waits for its end. */
  async stop(): Promise<void> {
    await this.#endBy({ order: 'stop' })
  }

  /** One that does not obey for some seconds is killed: the demo leaves nobody behind. */
  async #endBy(order: Order): Promise<void> {
    if (!this.#hasWork) return this.kill()
    this.#mayEnd = true
    const impatience = setTimeout(() => this.#child.kill('SIGKILL'), PATIENCE_MS)
    this.#order(order)
    await this.#ended
    clearTimeout(impatience)
  }

  #order(order: Order): void {
    // A process that is gone hears nothing; #ended tells.
    if (this.#child.connected) this.#child.send(order, () => undefined)
  }
}

const PATIENCE_MS = 5_000

async function endOf(child: ChildProcess): Promise<void> {
  await once(child, 'exit').catch(() => undefined) // it could not even be started
}

function howItEnded({ exitCode, signalCode }: ChildProcess): string {
  if (signalCode !== null) return `by ${signalCode}`
  return exitCode === null ? 'it could not be started' : `with exit code ${exitCode}`
}

function newsOf<N extends News['news']>(child: ChildProcess, wanted: N): Promise<News & { news: N }> {
  return new Promise((resolve) => {
    child.on('message', (news: News) => {
      if (news.news === wanted) resolve(news as News & { news: N })
    })
  })
}

async function aborted(signal: AbortSignal): Promise<never> {
  if (!signal.aborted) await once(signal, 'abort')
  throw signal.reason
}
