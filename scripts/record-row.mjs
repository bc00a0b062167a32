import { readFileSync, writeFileSync } from 'node:fs'

/**
 * Puts a row into the table of a Markdown page that has a row with the same first cell, in its place: what was run last stands
 * there, beside what was run before.
 */
export function recordRow(page, cells) {
  const row = `| ${cells.join(' | ')} |`
  const lines = readFileSync(page, 'utf8').split('\n')
  const at = lines.findIndex((line) => line.startsWith(`| ${cells[0]} |`))
  if (at === -1) throw new Error(`${page} has no row that begins with ${cells[0]}: write one by hand.`)
  writeFileSync(page, lines.with(at, row).join('\n'))
}

/** How a run went, as a cell: `700 passed, 0 failed, 3 skipped`, and of what where vitest was told to run less than all. */
export function countCell({ passed, failed, skipped }, forVitest) {
  const of = forVitest.length === 0 ? '' : `\`${forVitest.join(' ')}\`: `
  return `${of}${passed} passed, ${failed} failed, ${skipped} skipped`
}

/** The day, as a cell: `2026-11-22`. */
export function today() {
  return new Date().toISOString().slice(0, 10)
}
