import { expect, onTestFinished, test } from 'vitest'
import type { Logger } from '../src/index.ts'
import { checkedLogger, Listeners, safely, silentLogger } from '../src/internal.ts'
import { refusalOf } from './refusal-of.ts'

const boom = (): never => {
  throw new Error('the logger throws')
}
const throwing: Logger = { debug: boom, info: boom, warn: boom, error: boom }
const rejects = async () => boom()
const rejecting: Logger = { debug: rejects, info: rejects, warn: rejects, error: rejects }

test.each([[{}], [5], [null], [() => undefined], [{ debug() {}, info() {}, warn() {} }]])(
  '%o is no logger',
  (logger) => {
    expect(refusalOf(() => checkedLogger(logger as Logger, 'options.logger'))).toMatchObject({
      reason: 'invalid_logger',
      path: 'options.logger',
    })
  },
)

test('a logger keeps its `this` and its arguments', () => {
  class Lines {
    readonly lines: unknown[] = []
    debug(...line: unknown[]) {
      this.lines.push(line)
    }
    info = this.debug
    warn = this.debug
    error = this.debug
  }
  const logger = new Lines()
  checkedLogger(logger, 'logger').warn({ a: 1 }, 'told')
  expect(logger.lines).toEqual([[{ a: 1 }, 'told']])
  checkedLogger(console, 'logger')
})

test("what a logger throws, or rejects with, is nobody's job", async () => {
  const unhandled = unhandledRejections()
  for (const logger of [throwing, rejecting]) checkedLogger(logger, 'logger').error({}, 'told')
  await nextTurn()
  expect(unhandled).toEqual([])
})

test('what onError throws, or rejects with, is told to the logger', async () => {
  const told: string[] = []
  const logger: Logger = { ...silentLogger, error: (_, message) => void told.push(message as string) }
  for (const onError of [boom, rejects]) safely(onError as () => void, logger)(new Error('failed'))
  await nextTurn()
  expect(told).toEqual(['onError threw', 'onError threw'])
})

test('a listener that throws under a logger that throws leaves the others in peace', async () => {
  const listeners = new Listeners(throwing)
  const told: string[] = []
  listeners.add({ onResync: boom }, {})
  listeners.add({ onResync: () => void told.push('other') }, {})
  await listeners.tellResync()
  expect(told).toEqual(['other'])
})

function unhandledRejections(): unknown[] {
  const seen: unknown[] = []
  const note = (reason: unknown) => seen.push(reason)
  process.on('unhandledRejection', note)
  onTestFinished(() => void process.off('unhandledRejection', note))
  return seen
}

/** Node tells of unhandled rejections when all microtasks are done. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
