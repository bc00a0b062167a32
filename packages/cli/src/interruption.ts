import { constants } from 'node:os'

/** Somebody wants the command to end. */
export class Interrupted extends Error {
  /** As shells know it: 128 and the signal's number. */
  readonly exitCode: number

  constructor(name: NodeJS.Signals) {
    super(`Ended by ${name}.`)
    this.exitCode = 128 + constants.signals[name]
  }
}

/**
 * Runs `work`, whose signal aborts with {@link Interrupted} at Ctrl-C and the like. A second one ends this process at once:
 * worker processes and a PostgreSQL of our own notice, and end too.
 */
export async function interruptibly<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController()
  const onSignal = (name: NodeJS.Signals): void => {
    const interruption = new Interrupted(name)
    if (controller.signal.aborted) process.exit(interruption.exitCode)
    controller.abort(interruption)
  }
  for (const name of SIGNALS) process.on(name, onSignal)
  try {
    return await work(controller.signal)
  } catch (error) {
    // Whatever failed since then failed because of it.
    throw controller.signal.aborted ? controller.signal.reason : error
  } finally {
    for (const name of SIGNALS) process.off(name, onSignal)
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
