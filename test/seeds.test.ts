import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { capabilitiesOfGoJobqueue } from './seed-capabilities.ts'
import { read, root } from './workspace.ts'

/** One capability of go-jobqueue, and what shows that it is here. */
interface Row {
  readonly capability: string
  readonly links: readonly { readonly text: string; readonly file: string; readonly anchor: string }[]
}

const rows = rowsOf(read('docs/seeds.md'))

test('the table has every capability of go-jobqueue, each once and in order', () => {
  expect(rows.map(({ capability }) => capability)).toEqual(capabilitiesOfGoJobqueue)
  expect(rows).toHaveLength(95)
})

test.each(rows)('what shows "$capability" is there', ({ links }) => {
  expect(links).not.toEqual([])
  for (const { text, file, anchor } of links) {
    expect(existsSync(root + file), file).toBe(true)
    if (file.endsWith('.md')) expect(anchorsOf(file)).toContain(anchor)
    else expect(hasTest(read(file), text), `${file} has the test: ${text}`).toBe(true)
  }
})

/** A title stands in quotes, on a line that begins a test or on one of its own. */
function hasTest(code: string, title: string): boolean {
  return code.split('\n').some((line) => {
    const before = /^(.*?)(['"`])(.*)$/.exec(line)
    if (before === null) return false
    const [, head = '', quote = '', rest = ''] = before
    return /^\s*$|\(([\w$]+, )?$/.test(head) && rest.startsWith(title + quote)
  })
}

function anchorsOf(file: string): string[] {
  return [...read(file).matchAll(/^#+ (.*)$/gm)].map(
    ([, heading = '']) =>
      `#${heading
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-')}`,
  )
}

function rowsOf(text: string): Row[] {
  return [...text.matchAll(/^\| (.*) \|$/gm)]
    .map(([, cells = '']) => cells.split(' | '))
    .filter(([capability]) => capability !== 'capability')
    .map(([capability = '', , , shown = '']) => ({ capability, links: linksIn(shown) }))
}

/** Paths in docs/ begin there. */
function linksIn(cell: string): Row['links'] {
  return [...cell.matchAll(/\[(.*?)\]\(([^)#]+)(#[^)]*)?\)/g)].map(
    ([, text = '', path = '', anchor = '']) => ({
      text,
      file: path.startsWith('../') ? path.slice(3) : `docs/${path}`,
      anchor,
    }),
  )
}
