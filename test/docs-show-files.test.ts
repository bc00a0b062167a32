import { globSync } from 'node:fs'
import { expect, test } from 'vitest'
import { read, root } from './workspace.ts'

/** A block of code in a document, and the file that it says it is from. */
interface Shown {
  readonly document: string
  readonly file: string
  readonly code: string
}

const shown = globSync('docs/*.md', { cwd: root }).flatMap(shownIn)

test.each(shown)('the code of $file in $document is what runs', ({ file, code }) => {
  expect(read(file)).toContain(code)
})

test('the guide to testing shows nothing but code that runs, and its files whole', () => {
  const guide = shown.filter(({ document }) => document === 'docs/testing.md')
  expect(guide).toHaveLength(read('docs/testing.md').match(/^```ts$/gm)?.length ?? 0)
  for (const file of new Set(guide.map((one) => one.file))) {
    const parts = guide.filter((one) => one.file === file).map(({ code }) => code)
    expect(parts.join('\n')).toBe(read(file))
  }
})

function shownIn(document: string): Shown[] {
  const blocks = read(document).matchAll(/^<!-- (\S+\.ts) -->\n```ts\n(.*?)^```$/gms)
  return [...blocks].map(([, file = '', code = '']) => ({ document, file, code }))
}
