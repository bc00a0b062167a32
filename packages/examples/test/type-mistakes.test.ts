import ts from 'typescript'
import { expect, test } from 'vitest'
import { compiled } from './compiled.ts'

/** Before every mistake: what a user has defined. */
const preamble = `
import { defineFunctionJob, defineJob, type JobQueue } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import type { Kysely, Transaction } from 'kysely'
import type { Client, Pool } from 'pg'
import { z } from 'zod'
declare const jobqueue: JobQueue
declare const worker: JobWorker
declare const client: Client
declare const pool: Pool
declare const kysely: Kysely<unknown>
declare const transaction: Transaction<unknown>
const resizeImage = defineJob('resize-image', {
  payload: z.object({ url: z.url(), width: z.int().default(800) }),
  result: z.object({ bytes: z.int() }),
})
const announce = defineFunctionJob('announce', { args: z.tuple([z.string(), z.number()]), result: z.int() })
const image = { url: 'https://example.com/a.png' }
`

/** What a user writes by mistake, and what the compiler's message must name so that the mistake is found. */
const mistakes: readonly (readonly [code: string, named: string])[] = [
  ['jobqueue.add(resizeImage, { url: 1 })', 'url'],
  ['jobqueue.add(resizeImage, { ...image, widht: 5 })', 'widht'],
  ["jobqueue.add(resizeImage, { ulr: 'https://example.com/a.png' })", 'ulr'],
  ['jobqueue.add(resizeImage, {})', 'url'],
  ['jobqueue.add(resizeImage)', 'Expected 2-3 arguments, but got 1'],
  ["jobqueue.add('resize-image', image)", 'resize-image'],
  ["jobqueue.add(resizeImage, image, { runAfter: '5 minutes' })", 'runAfter'],
  ['jobqueue.add(resizeImage, image, { retires: 3 })', 'retires'],
  ['jobqueue.add(resizeImage, image, { db: pool })', 'db'],
  ['jobqueue.add(resizeImage, image, { db: kysely })', 'db'],
  ['jobqueue.addMany([], { db: pool })', 'db'],
  ['jobqueue.addMany([], { db: kysely })', 'db'],
  ["jobqueue.add(announce, [7, 'Simon'])", "'string'"],
  ["jobqueue.add(announce, ['Simon'])", '[string, number]'],
  ["jobqueue.add(announce, 'Simon')", '[string, number]'],
  ['resizeImage.with({ url: 1 })', 'url'],
  ['resizeImage.with({ ...image, widht: 5 })', 'widht'],
  ["resizeImage.with({ ulr: 'https://example.com/a.png' })", 'ulr'],
  ['resizeImage.with({})', 'url'],
  ['resizeImage.with()', 'Expected 1-2 arguments, but got 0'],
  ["announce.with([7, 'Simon'])", "'string'"],
  ["announce.with(['Simon'])", '[string, number]'],
  ["announce.with(['Simon', 7, true])", '[string, number]'],
  ["defineJob('a', { payload: z.null(), timeout: '5 minutes' })", 'timeout'],
  ["defineJob('a', { payload: z.null(), retires: 3 })", 'retires'],
  ["defineJob('a', { payload: { url: z.url() } })", 'StandardSchemaV1'],
  ['worker.register(resizeImage, () => ({ bytes: "many" }))', 'bytes'],
  ['worker.register(resizeImage, () => ({ wrong: 1 }))', 'bytes'],
  ['worker.register(resizeImage, () => {})', 'bytes'],
  ['worker.register(resizeImage, async () => ({ bytes: "many" }))', 'bytes'],
  ['worker.register(resizeImage, async () => ({ wrong: 1 }))', 'bytes'],
  ['worker.register(resizeImage, async () => {})', 'bytes'],
  ['worker.register(resizeImage, async ({ widht }) => ({ bytes: 1 }))', 'widht'],
  ["worker.register('resize-image', async () => {})", 'resize-image'],
  ["worker.register(resizeImage, async () => ({ bytes: 1 }), { timeout: '5 minutes' })", 'timeout'],
  ['worker.registerFunction(resizeImage, async (url) => ({ bytes: 1 }))', 'resize-image'],
  ['worker.registerFunction(announce, async (name: number) => 1)', "'string'"],
  ['worker.registerFunction(announce, async (name) => name)', 'ResultPromise<number>'],
  ["worker.registerFunction(announce, () => 'no number')", 'Returned<number>'],
  ['worker.registerFunction(announce, async () => {})', 'ResultPromise<number>'],
]

/** What stands beside the mistakes and is none. */
const right: readonly string[] = [
  'jobqueue.add(resizeImage, image, { db: client })',
  'jobqueue.add(resizeImage, image, { db: transaction })',
  'jobqueue.add(resizeImage, image, { db: { query: async (sql, values) => ({ rows: [{ sql, values }] }) } })',
  "jobqueue.add(announce, ['Simon', 7], { runAfter: '5m' })",
  'worker.register(resizeImage, async () => ({ bytes: 1 }))',
  'worker.register(resizeImage, (_, { transaction }) => transaction(async () => ({ bytes: 1 })))',
  'worker.registerFunction(announce, async (name, age) => name.length + age)',
]

const messages = messagesOf([...mistakes.map(([code]) => code), ...right])

test('the messages of the compiler are those we reviewed', async () => {
  const parts = mistakes.map(([code], place) => `${code}\n${indented(messages[place] ?? '')}\n`)
  await expect(parts.join('\n')).toMatchFileSnapshot('type-mistakes.golden.txt')
})

test.each(mistakes.map(([code, named], place) => ({ code, named, place })))(
  'the compiler answers $code in at most three lines, which name $named',
  ({ named, place }) => {
    const message = messages[place] ?? ''
    expect(message).toContain(named)
    expect(message.split('\n').length).toBeLessThanOrEqual(3)
  },
)

test.each(right.map((code, place) => ({ code, place })))('the compiler takes $code', ({ place }) => {
  expect(messages[mistakes.length + place]).toBe('')
})

/** What the compiler marks in each piece of code and what it says about it. */
function messagesOf(codes: readonly string[]): string[] {
  const { program, sources } = compiled(codes.map((code) => `${preamble}${code}\n`))
  return sources.map((source) => {
    const found = program.getSemanticDiagnostics(source)
    return found.map((diagnostic) => `${marked(diagnostic)}: ${said(diagnostic)}`).join('\n')
  })
}

function marked({ file, start = 0, length = 0 }: ts.Diagnostic): string {
  return file?.text.slice(start, start + length) ?? 'nothing'
}

function said({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n')
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}
