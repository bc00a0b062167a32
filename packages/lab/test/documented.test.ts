import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { documented } from '../src/report/documented.ts'
import { type Result, readResults } from '../src/report/results.ts'
import { played } from './played.ts'

const page = readFileSync(new URL('../../../docs/reliability.md', import.meta.url), 'utf8')

test('the figures in docs/reliability.md are what all committed results add up to', async () => {
  expect(page).toContain('<!-- lab:faults -->')
  // `npm run lab -- --write-docs` writes them.
  expect(page).toBe(documented(page, await readResults()))
})

test('runs add up, and none in n is said to be below 3 in n', () => {
  const told = documented(emptyBlock('faults'), [
    result({ struck: 70, landed: 60 }),
    result({ struck: 300, landed: 240 }),
  ])
  expect(told).toMatch(/^\| `kill`: .* \| 370 \| 300 \| 0 \| 0 in 300, < 1\.0 % \|/m)
  expect(told).toMatch(/^\| `pause`: .* \| 0 \| 0 \| 0 \| did not run \|/m)
})

test('a violation stands with its rule, and with each class that had landed in its run', () => {
  const broken = result({ struck: 5, landed: 4 }, { I5: 2 })
  const told = documented(emptyBlock('faults') + emptyBlock('invariants'), [
    broken,
    result({ struck: 1, landed: 1 }),
  ])
  expect(told).toMatch(/^\| `kill`: .* \| 6 \| 5 \| 2 \| 🔴 2 violations \|/m)
  expect(told).toMatch(/^\| I5 \| .* \| 2 \|$/m)
  expect(told).toMatch(/^\| I1 \| .* \| 0 \|$/m)
})

test('a run whose hole was mended is told by name, and counts no more', () => {
  const mended = { ...result({ struck: 5, landed: 4 }, { I9: 1 }), mended: 'def' }
  const told = documented(emptyBlock('faults') + emptyBlock('invariants') + emptyBlock('mended'), [
    mended,
    result({ struck: 1, landed: 1 }),
  ])
  expect(told).toMatch(/^\| `kill`: .* \| 1 \| 1 \| 0 \|/m)
  expect(told).toMatch(/^\| I9 \| .* \| 0 \|$/m)
  expect(told).toMatch(/^\| 7 \| abc \| I9 \| def \|$/m)
})

test('runs tell their seeds, dates and commits', () => {
  const told = documented(emptyBlock('runs'), [result({ struck: 1, landed: 1 })])
  expect(told).toContain('at commit abc')
  expect(told).toContain('Seeds: 7.')
  expect(documented(emptyBlock('runs'), [])).toContain('Nothing has been played yet')
})

function emptyBlock(name: string): string {
  return `<!-- lab:${name} -->\n<!-- /lab:${name} -->\n`
}

function result(kill: { struck: number; landed: number }, violations: Record<string, number> = {}): Result {
  return { ...played, faults: { kill }, violations }
}
