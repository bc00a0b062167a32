import { globSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../../', import.meta.url).pathname

/** Blocks of code that name the file which has them: that one is compiled, and run where a test of its own does. */
const quoted = globSync('docs/*.md', { cwd: root }).flatMap((page) =>
  [
    ...readFileSync(root + page, 'utf8').matchAll(/<!-- (packages\/examples\/\S+) -->\n```ts\n(.*?)```/gs),
  ].map(([, file, code], place) => ({
    page,
    place: place + 1,
    file: file as string,
    code: (code as string).trim(),
  })),
)

test('pages quote their examples', () => expect(quoted.length).toBeGreaterThan(3))

test.for(quoted)('$page quotes $file as it is, in block $place', ({ file, code }) => {
  expect(readFileSync(root + file, 'utf8')).toContain(code)
})
