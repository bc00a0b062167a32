import type { Logger } from '@jq/core'
import { historyFile, type WriteDown } from '../history/history-file.ts'
import { codeOf } from './recorded-service.ts'

/** What every process of the lab is started with, as JSON in its first argument. */
export interface LabOrder {
  readonly name: string
  /** Where it writes its history. */
  readonly history: string
  readonly url: string
}

/** This process's order, its history, and a logger that writes what troubles the queue into it. */
export function beginProcess<Order extends LabOrder>(): { order: Order; write: WriteDown; logger: Logger } {
  const order = JSON.parse(process.argv[2] as string) as Order
  const write = historyFile(order.history, order.name)
  const die = (error: unknown): never => {
    write({ did: 'unhandled', message: String((error as Error)?.stack ?? error), code: codeOf(error) })
    process.exit(70)
  }
  process.on('uncaughtException', die)
  process.on('unhandledRejection', die)
  return { order, write, logger: troubleLogger(write) }
}

/** Says a word to whoever started this process. */
export function say(said: string): void {
  process.stdout.write(`${JSON.stringify({ said })}\n`)
}

function troubleLogger(write: WriteDown): Logger {
  const trouble = (fields: { err?: unknown }, message = '') =>
    write({ did: 'trouble', message, code: codeOf(fields.err) })
  return { debug: () => undefined, info: () => undefined, warn: trouble, error: trouble }
}
