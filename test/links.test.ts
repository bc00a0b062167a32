import { existsSync, globSync } from 'node:fs'
import { posix } from 'node:path'
import { expect, test } from 'vitest'
import { read, root } from './workspace.ts'

const documents = ['*.md', 'docs/*.md', 'packages/*/README.md', 'deploy/**/*.md']
  .flatMap((pattern) => globSync(pattern, { cwd: root }))
  .filter((document) => !document.startsWith('node_modules'))

/** A way out of a document, as it is written there. */
interface Link {
  readonly document: string
  readonly to: string
}

const links = documents.flatMap(linksIn)

test('what the documents link to is there, down to the heading', () => {
  expect(links.length).toBeGreaterThan(200)
  expect(links.filter((link) => !isThere(link))).toEqual([])
})

test('the files that the documents name in their text are there', () => {
  const named = documents.flatMap((document) =>
    [...read(document).matchAll(FILE)].map(([, file = '']) => ({ document, file })),
  )
  expect(named.length).toBeGreaterThan(20)
  expect(
    named.filter(({ document, file }) => !existsSync(root + file) && !isThere({ document, to: file })),
  ).toEqual([])
})

test('each promise of SECURITY.md names a test', () => {
  const [, table = ''] = read('SECURITY.md').split('## What we hold, and the test of each')
  const promises = [...table.matchAll(/^\| A\d.*$/gm)].map(([row]) => row)
  expect(promises.length).toBeGreaterThan(10)
  expect(promises.filter((row) => !TEST.test(row))).toEqual([])
})

/** A link to a test, to what a test expects, or to what each build looks at. */
const TEST = /\]\((?:packages|test|scripts)\/[^)]*(?:\.test\.ts|\.txt|packed-files\.mjs)\)/
/** Paths in code, from the root or from the document. */
const FILE = /`((?:packages|test|schema|scripts|docs|deploy)\/[\w./-]+\.(?:ts|mjs|sql|md|json|yaml|txt))[`:]/g

function linksIn(document: string): Link[] {
  const text = read(document).replaceAll(/```.*?```/gs, '')
  const targets = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, to = '']) => to)
  return targets.filter((to) => !/^[a-z]+:/.test(to)).map((to) => ({ document, to }))
}

function isThere({ document, to }: Link): boolean {
  const [path = '', heading] = to.split('#')
  const file = path === '' ? document : posix.join(posix.dirname(document), path)
  if (!existsSync(root + file)) return false
  return heading === undefined || !file.endsWith('.md') || headingsOf(file).includes(heading)
}

/** As GitHub makes them out of headings. */
function headingsOf(document: string): string[] {
  const headings = read(document).matchAll(/^#+ (.*)$/gm)
  return [...headings].map(([, heading = '']) =>
    heading
      .trim()
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}_\- ]/gu, '')
      .replaceAll(' ', '-'),
  )
}
