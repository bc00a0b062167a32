import { ratioTitle, resultTable, shown, table } from './result-table.ts'
import type { RatioResult } from './run-case.ts'
import { conditions, type Results } from './write-results.ts'

/** A page in which each block between `<!-- bench:name -->` and `<!-- /bench:name -->` tells what this run has found. */
export function documented(page: string, results: Results | null): string {
  return page.replace(
    /(<!-- bench:(\w+) -->\n)[\s\S]*?(<!-- \/bench:\2 -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}${block(name, results)}\n${end}`,
  )
}

const NONE = 'No complete run has been committed yet: `npm run bench`, then `npm run bench -- --write-docs`.'

function block(name: string, results: Results | null): string {
  const write = BLOCKS[name]
  if (write === undefined) throw new Error(`There is no block bench:${name}.`)
  return results === null ? NONE : write(results)
}

const BLOCKS: Readonly<Record<string, (results: Results) => string>> = {
  /** The figures that most ask for. */
  numbers: (results) => {
    const rows = HEADLINES.map(({ what, of, column, laneOf }) => [
      what,
      ...WHO.map((who) => shown(medianOf(results, of, laneOf(who), column))),
    ])
    return [table(['', ...WHO], rows), `${results.date.slice(0, 10)}. ${conditions(results)}`].join('\n\n')
  },
  /** All of them. */
  tables: (results) =>
    [conditions(results), ...results.cases.map((one) => `#${resultTable(one)}`)].join('\n\n'),
  missed: (results) => {
    const missed = missedFloors(results)
    if (missed.length === 0) return 'None.'
    return missed
      .map(
        ({ title, result: { ratio, floor } }) =>
          `- 🔴 ${title}: ${shown(ratio.median)} where ${floor} is asked`,
      )
      .join('\n')
  },
}

const WHO = ['ours', 'graphile-worker', 'pg-boss', 'BullMQ']
const HEADLINES = [
  headline('jobs/s worked off, 10 threads, defaults, strict order', 'drain', '10t 1p'),
  headline('jobs/s worked off, everyone at its best, 1 process', 'drain-best', '1p'),
  headline('jobs/s worked off, everyone at its best, 2 processes', 'drain-best', '2p'),
  headline('jobs/s added one by one, 10 callers', 'add', '10c'),
  headline('jobs/s added 1,000 a call', 'add-many'),
  headline('ms from `add` to the handler in another process, p50', 'latency', undefined, 'p50'),
  headline('ms from `add` to the handler in another process, p99', 'latency', undefined, 'p99'),
  headline('statements a second of an idle process', 'idle', undefined, 'statements/s'),
]

function headline(what: string, of: string, lane?: string, column = 'rate') {
  return { what, of, column, laneOf: (who: string) => (lane === undefined ? who : `${who} ${lane}`) }
}

function medianOf({ cases }: Results, of: string, lane: string, column: string): number | undefined {
  const found = cases.find(({ name }) => name === of)?.lanes.find(({ name }) => name === lane)
  return found?.medians[column] ?? undefined
}

/** The floors that a run has not reached, each as its section in docs/performance.md is titled. */
export function missedFloors({ cases }: Results): readonly { title: string; result: RatioResult }[] {
  return cases.flatMap(({ name, ratios }) =>
    ratios
      .filter(({ verdict }) => verdict === 'missed')
      .map((result) => ({ title: `${name}: ${ratioTitle(result)}`, result })),
  )
}
