import { cellOf } from './printable.ts'

/** One column of a table: its heading, and what it says of each row. */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => unknown]

/**
 * Rows as lines whose cells stand below each other.
 *
 * @param width - of the terminal, beyond which nothing is written; undefined: no terminal, and nothing is cut
 */
export function aligned<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  width: number | undefined,
): string[] {
  const cells = rows.map((row) => columns.map(([, cell]) => cellOf(cell(row))))
  const all = [columns.map(([heading]) => heading), ...cells]
  const widths = columns.map((_, place) => Math.max(...all.map((line) => length(line[place] ?? ''))))
  return all.map((line) => {
    const padded = line.map((cell, place) => cell + ' '.repeat((widths[place] ?? 0) - length(cell)))
    return cut(padded.join('  ').trimEnd(), width)
  })
}

/** Names and what they are, below each other. */
export function described(entries: readonly (readonly [name: string, value: unknown])[]): string[] {
  const widest = Math.max(...entries.map(([name]) => name.length))
  return entries.map(([name, value]) => `${name.padEnd(widest)}  ${cellOf(value)}`)
}

function length(text: string): number {
  return [...text].length
}

function cut(line: string, width: number | undefined): string {
  if (width === undefined || length(line) <= width) return line
  return `${[...line].slice(0, width - 1).join('')}…`
}
