import ts from 'typescript'
import { expect, test } from 'vitest'
import { read, rooms, root, sourcesOf } from './workspace.ts'

/** The lines of one `@example`, as code. */
interface Example {
  readonly file: string
  readonly line: number
  readonly code: string
}

const examples = rooms.flatMap(({ name }) => sourcesOf(name)).flatMap(examplesIn)

test.each(examples)('the example in $file, line $line, gives what it says', async ({ file, code }) => {
  const module: Record<string, unknown> = await import(root + file)
  expect.assertions(promisesIn(code))
  const run = new AsyncFunction(...Object.keys(module), 'gives', runnable(code))
  await run(...Object.values(module), (actual: unknown, said: unknown) => expect(actual).toEqual(said))
})

test('no promise in the sources stands where it is not run', () => {
  const written = rooms.flatMap(({ name }) => sourcesOf(name)).map((file) => promisesIn(read(file)))
  expect(sum(examples.map(({ code }) => promisesIn(code)))).toBe(sum(written))
})

/** Examples without `// =>` are for reading: they may need a database, or a file that is not there. */
function examplesIn(file: string): Example[] {
  const text = read(file)
  const comments = [...text.matchAll(/^ *\/\*\*.*?\*\//gms)]
  return comments
    .flatMap(({ 0: comment, index }) => {
      const parts = comment.matchAll(/@example\n(.*?)(?=\n *\* @|\n? *\*\/)/gs)
      return [...parts].map((part) => ({
        file,
        line: text.slice(0, index + part.index).split('\n').length,
        code: (part[1] ?? '').replace(/^ *\* ?/gm, ''),
      }))
    })
    .filter(({ code }) => promisesIn(code) > 0)
}

/** `expression // => value`, or the value alone on the line below, becomes a comparison of the two. */
function runnable(code: string): string {
  const compared = code.replace(/^(.*?) *\/\/ => (.*)$/gm, 'gives(await ($1), $2)')
  return ts.transpile(compared, { target: ts.ScriptTarget.ESNext, module: ts.ModuleKind.ESNext })
}

function promisesIn(text: string): number {
  return text.match(/\/\/ => /g)?.length ?? 0
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, number) => all + number, 0)
}

const AsyncFunction = (async () => {}).constructor as new (
  ...parts: string[]
) => (...values: unknown[]) => Promise<void>
