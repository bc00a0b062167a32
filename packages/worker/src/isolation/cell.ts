// Runs in a thread or process of its own: one isolated handler, one job at a time. It imports nothing but Node.js and what stands
// beside it, since the build makes one text of it.
import { parentPort, Worker } from 'node:worker_threads'
import { type CarriedError, carriedError } from './carried-error.ts'
import type { CellSaid, CellTold } from './cell-messages.ts'

type Order = Extract<CellTold, { tell: 'run' }>
type Handler = (payload: unknown, context: object) => unknown

let controller = new AbortController()
const asked = new Map<number, PromiseWithResolvers<void>>()
let asks = 0

if (parentPort !== null) parentPort.on('message', hear)
else {
  process.on('message', hear)
  process.once('disconnect', () => process.exit())
  // Whoever ends the worker from a terminal ends all of its processes; this one has a job, and the worker tells it when to end.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => undefined)
  endWithParent()
}
process.once('uncaughtException', (error) => {
  say({ said: 'broke', error: carriedError(error) }, () => process.exit(1))
})

function say(said: CellSaid, sent: () => void = () => undefined): void {
  if (parentPort === null) process.send?.(said, sent)
  else {
    parentPort.postMessage(said)
    sent()
  }
}

function hear(told: CellTold): void {
  if (told.tell === 'run') void run(told)
  if (told.tell === 'abort') controller.abort(abortError(told.reason))
  if (told.tell === 'answer') answered(told.to, told.refusal)
}

async function run(order: Order): Promise<void> {
  controller = new AbortController()
  let result: unknown
  try {
    const handler = await handlerIn(order.file)
    result = await handler(order.payload, contextOf(order))
  } catch (thrown) {
    return say({ said: 'threw', error: carriedError(thrown) })
  }
  try {
    say({ said: 'returned', result })
  } catch (error) {
    say({ said: 'threw', error: carriedError(error) }) // what it returned cannot be sent
  }
}

async function handlerIn(file: string): Promise<Handler> {
  const { default: handler } = await import(file)
  if (typeof handler === 'function') return handler
  throw new Error(
    `${file} has no function as its default export. Export the handler: export default async (payload, context) => …`,
  )
}

function contextOf({ job, fence }: Order): object {
  return {
    job,
    fence,
    signal: controller.signal,
    log: {
      debug: (fields: object, message?: string) => log('debug', fields, message),
      info: (fields: object, message?: string) => log('info', fields, message),
      warn: (fields: object, message?: string) => log('warn', fields, message),
      error: (fields: object, message?: string) => log('error', fields, message),
    },
    setProgress: (progress: any) => {
      const answer = Promise.withResolvers<void>()
      asked.set(++asks, answer)
      say({ said: 'progress', asks, progress })
      return answer.promise
    },
    transaction: async () => {
      throw new Error(
        'An isolated handler has no transaction with its job: the connection is in the worker, on the other side. Register the handler with register, or write with a connection of your own and make it repeatable.',
      )
    },
  }
}

function log(level: 'debug' | 'info' | 'warn' | 'error', fields: object, message: string | undefined): void {
  try {
    say({ said: 'log', level, fields, message })
  } catch {
    say({ said: 'log', level, fields: { fields: String(fields) }, message }) // a function is among them
  }
}

function answered(to: number, refusal: CarriedError | null): void {
  const answer = asked.get(to)
  asked.delete(to)
  if (refusal === null) answer?.resolve()
  else answer?.reject(plainError(refusal))
}

/** As the signal of any handler is aborted; only that its class is of another copy. */
function abortError(reason: CarriedError): Error {
  return plainError(reason)
}

function plainError({ message, name, stack, fields }: CarriedError): Error {
  const error = Object.assign(new Error(message ?? ''), fields)
  Object.defineProperty(error, 'name', { value: name, configurable: true })
  if (stack !== undefined) error.stack = stack
  return error
}

/** A handler that never lets the loop turn hears no disconnect: a thread looks whether the worker is there yet. */
function endWithParent(): void {
  const watch = `const parent = process.ppid; setInterval(() => { if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL') }, 500)`
  new Worker(watch, { eval: true, stdout: false }).unref()
}
