import { existsSync } from 'node:fs'
import { expect, test } from 'vitest'
import { capabilitiesOfJobScheduler } from './job-scheduler-capabilities.ts'
import {
  capabilitiesOfGoJobqueue,
  capabilitiesOfJobsD,
  capabilitiesOfPgScheduler,
} from './seed-capabilities.ts'
import { read, root } from './workspace.ts'

/** One capability of the other queues, what it is in each, and what shows that it is here. */
interface Row {
  readonly capability: string
  /** In the order of the columns; a dash where a queue has none. */
  readonly there: readonly string[]
  readonly links: readonly { readonly text: string; readonly file: string; readonly anchor: string }[]
}

const rows = rowsOf(read('docs/seeds.md'))

test.each([
  { queue: 'go-jobqueue', column: 0, capabilities: capabilitiesOfGoJobqueue, count: 95 },
  { queue: 'PGScheduler', column: 1, capabilities: capabilitiesOfPgScheduler, count: 72 },
  { queue: 'JobsD', column: 2, capabilities: capabilitiesOfJobsD, count: 68 },
  { queue: 'job-scheduler', column: 3, capabilities: capabilitiesOfJobScheduler, count: 39 },
])('the table has every capability of $queue, each once and in order', ({ column, capabilities, count }) => {
  const its = rows.filter(({ there }) => there[column] !== '–')
  expect(its.map(({ capability }) => capability)).toEqual(capabilities)
  expect(capabilities).toHaveLength(count)
})

test('no row is of no queue, and none stands twice', () => {
  expect(rows.filter(({ there }) => there.every((cell) => cell === '–'))).toEqual([])
  expect(new Set(rows.map(({ capability }) => capability)).size).toBe(rows.length)
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
    .filter((cells) => cells.length === 7 && cells[0] !== 'capability')
    .map(([capability = '', ...cells]) => ({
      capability,
      there: cells.slice(0, 4),
      links: linksIn(cells[5] ?? ''),
    }))
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
