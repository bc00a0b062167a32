import { constants } from 'node:os'

/** A process that ends in two steps. */
export interface TwoSteps {
  start(): Promise<void>
  /** Lets what runs come to its end. */
  drain(signal: NodeJS.Signals): Promise<void>
  /** Ends what still runs. */
  stop(): Promise<void>
}

/**
 * Starts, waits for Ctrl-C or SIGTERM, then drains; a second signal stops hard, a third one ends this process as it stands. A signal
 * that comes while it starts is heeded once it has: jobs may run by then. A second one does not wait for that.
 *
 * @returns the exit code: 0 after a drain, 128 and the signal's number where it was cut short
 */
export async function endedBySignals({ start, drain, stop }: TwoSteps): Promise<number> {
  const signals = listenForSignals()
  try {
    const hurried = await Promise.race([start(), signals.second])
    if (hurried !== undefined) process.exit(128 + constants.signals[hurried])
    const draining = drain(await signals.next())
    const hurry = signals.next()
    const second = await Promise.race([draining.then(() => undefined), hurry])
    if (second === undefined) return 0
    void signals.next().then((third) => process.exit(128 + constants.signals[third]))
    await stop()
    await draining
    return 128 + constants.signals[second]
  } finally {
    signals.close()
  }
}

interface Signals {
  /** The next one, of those that came since the one before. */
  next(): Promise<NodeJS.Signals>
  /** The second of all. */
  readonly second: Promise<NodeJS.Signals>
  close(): void
}

function listenForSignals(): Signals {
  const come: NodeJS.Signals[] = []
  const waiting: ((signal: NodeJS.Signals) => void)[] = []
  const second = Promise.withResolvers<NodeJS.Signals>()
  let count = 0
  const onSignal = (signal: NodeJS.Signals): void => {
    if (++count === 2) second.resolve(signal)
    const waiter = waiting.shift()
    if (waiter === undefined) come.push(signal)
    else waiter(signal)
  }
  for (const name of NAMES) process.on(name, onSignal)
  return {
    second: second.promise,
    next() {
      const there = come.shift()
      return there === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(there)
    },
    close() {
      for (const name of NAMES) process.off(name, onSignal)
    },
  }
}

const NAMES = ['SIGINT', 'SIGTERM'] as const
