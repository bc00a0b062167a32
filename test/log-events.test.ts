import { expect, test } from 'vitest'
import { read, sourcesOf } from './workspace.ts'

/** What stands first in the fields of each line that these rooms log: its event, or whatever else. */
const lines = ['core', 'db', 'worker', 'metrics', 'http', 'cli'].flatMap((room) =>
  sourcesOf(room).flatMap((file) => {
    const calls = read(file).matchAll(/\.(debug|info|warn|error)\(\s*\{\s*([^,}]*)/g)
    return [...calls].map(([, level, first]) => ({ file, level, first: (first as string).trim() }))
  }),
)
const eventIn = (first: string) => /^event: '([\w.]+)'$/.exec(first)?.[1]

test('every line that is logged says first which event it is', () => {
  expect(lines.length).toBeGreaterThan(20)
  expect(lines.filter(({ first }) => eventIn(first) === undefined)).toEqual([])
})

test('the page lists every event that there is, and none that there is not', () => {
  const rows = read('docs/observability.md').split('\n')
  const listed = rows.flatMap((row) => /^\| `(\w+\.\w+)` \| (?:debug|info|warn|error)\b/.exec(row)?.[1] ?? [])
  expect(new Set(listed)).toEqual(new Set(lines.map(({ first }) => eventIn(first))))
  expect(listed).toHaveLength(new Set(listed).size)
})
