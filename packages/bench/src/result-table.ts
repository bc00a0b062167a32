import type { RatioWish } from './bench-case.ts'
import type { CaseResult, RatioResult } from './run-case.ts'

/** One case as Markdown: the medians of all lanes, and below them how they compare, round by round. */
export function resultTable({ name, what, lanes, ratios, notes, failures }: CaseResult): string {
  const columns = [...new Set(lanes.flatMap(({ medians }) => Object.keys(medians)))]
  const rows = lanes.map(({ name, medians }) => [name, ...columns.map((column) => shown(medians[column]))])
  return [
    `## ${name}`,
    what,
    table(['', ...columns.map((column) => TITLES[column] ?? column)], rows),
    ...(ratios.length === 0
      ? []
      : [table(['ratio', 'median', 'range', 'floor', 'goal', ''], ratios.map(ratioRow))]),
    ...notes,
    ...failures.map((failure) => `FAILED: ${failure.split('\n')[0]}`),
  ].join('\n\n')
}

const TITLES: Record<string, string> = {
  rate: 'jobs/s',
  nodeUs: 'node µs/job',
  serverUs: 'server µs/job',
  walBytes: 'WAL B/job',
  pageBytes: 'of it whole pages',
  statements: 'statements/job',
  commits: 'commits/job',
  p50: 'p50 ms',
  p99: 'p99 ms',
}

function ratioRow(result: RatioResult): string[] {
  const { ratio, floor, goal, atMost, verdict } = result
  const mark = (value: number | undefined) => (value === undefined ? '' : `${atMost ? '≤' : '≥'} ${value}`)
  return [
    ratioTitle(result),
    shown(ratio.median),
    `${shown(ratio.min)}–${shown(ratio.max)}`,
    mark(floor),
    mark(goal),
    verdict === 'missed' ? '🔴 missed' : verdict,
  ]
}

/** Who is compared with whom, and in what. */
export function ratioTitle({ of, to, column, over }: RatioWish): string {
  const what = [column, ...(over ? [over] : [])].map((name) => TITLES[name] ?? name).join(' : ')
  return `${[of, ...(to && to !== of ? [to] : [])].join(' : ')} (${what})`
}

/** A Markdown table whose figures stand to the right. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, column) => (column === 0 ? '---' : '---:')), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

/** Three figures say all that is true. */
export function shown(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '–'
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US')
  return String(Number(value.toPrecision(Math.abs(value) < 1 ? 2 : 3)))
}
