import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, test } from 'vitest'

/** Before every mistake: what a user has defined. */
const preamble = `
import { defineJob, type JobQueue } from '@jq/core'
import type { JobWorker } from '@jq/worker'
import { z } from 'zod'
declare const jobqueue: JobQueue
declare const worker: JobWorker
const resizeImage = defineJob('resize-image', {
  payload: z.object({ url: z.url(), width: z.int().default(800) }),
  result: z.object({ bytes: z.int() }),
})
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
  ['resizeImage.with({ url: 1 })', 'url'],
  ['resizeImage.with({ ...image, widht: 5 })', 'widht'],
  ["resizeImage.with({ ulr: 'https://example.com/a.png' })", 'ulr'],
  ['resizeImage.with({})', 'url'],
  ['resizeImage.with()', 'Expected 1-2 arguments, but got 0'],
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
]

const messages = messagesOf(mistakes.map(([code]) => code))

test('the messages of the compiler are those we reviewed', async () => {
  const parts = mistakes.map(([code], place) => `${code}\n${indented(messages[place] ?? '')}\n`)
  await expect(parts.join('\n')).toMatchFileSnapshot('type-mistakes.golden.txt')
})

test.each(mistakes.map(([code, named], place) => ({ code, named, place })))(
  'the compiler answers $code in a few lines that name $named',
  ({ code, named, place }) => {
    const message = messages[place] ?? ''
    expect(message).toContain(named)
    expect(message.split('\n').length).toBeLessThanOrEqual(mostLines(code))
  },
)

/** Of an async handler's result the compiler unwraps the promise and the union around it, a line each, before it comes to the point. */
function mostLines(code: string): number {
  return /register\(resizeImage, async \(\) => .*\)$/.test(code) ? 5 : 3
}

/** What the compiler marks in each piece of code and what it says about it, where it stands in a file of this package. */
function messagesOf(codes: readonly string[]): string[] {
  const directory = fileURLToPath(new URL('.', import.meta.url))
  const files = new Map(
    codes.map((code, place) => [`${directory}mistake-${place}.ts`, `${preamble}${code}\n`]),
  )
  const options = compilerOptions()
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile, getSourceFile } = host
  host.fileExists = (name) => files.has(name) || fileExists(name)
  host.readFile = (name) => files.get(name) ?? readFile(name)
  host.getSourceFile = (name, version, ...rest) => {
    const text = files.get(name)
    return text === undefined
      ? getSourceFile(name, version, ...rest)
      : ts.createSourceFile(name, text, version)
  }
  const program = ts.createProgram([...files.keys()], options, host)
  return [...files.keys()].map((name) => {
    const found = program.getSemanticDiagnostics(program.getSourceFile(name))
    return found.map((diagnostic) => `${marked(diagnostic)}: ${said(diagnostic)}`).join('\n')
  })
}

function marked({ file, start = 0, length = 0 }: ts.Diagnostic): string {
  return file?.text.slice(start, start + length) ?? 'nothing'
}

function said({ messageText }: ts.Diagnostic): string {
  return ts.flattenDiagnosticMessageText(messageText, '\n')
}

function compilerOptions(): ts.CompilerOptions {
  const file = fileURLToPath(new URL('../../../tsconfig.base.json', import.meta.url))
  const { config } = ts.readConfigFile(file, ts.sys.readFile)
  return ts.convertCompilerOptionsFromJson(config.compilerOptions, file).options
}

function indented(text: string): string {
  return text.replace(/^/gm, '  ')
}
