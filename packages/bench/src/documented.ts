import { allCases } from './cases/all-cases.ts'
import { ratioTitle, resultTable, shown, table } from './result-table.ts'
import type { CaseResult, RatioResult } from './run-case.ts'
import { conditions, type Results } from './write-results.ts'

/** A case, and the run in which it was measured: cases take long, and need not be measured on one day. */
export interface Measured {
  readonly run: Results
  readonly result: CaseResult
}

/** A page in which each block between `<!-- bench:name -->` and `<!-- /bench:name -->` tells what was found. */
export function documented(page: string, measured: readonly Measured[]): string {
  return page.replace(
    /(<!-- bench:(\w+) -->\n)[\s\S]*?(<!-- \/bench:\2 -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}${block(name, measured)}\n${end}`,
  )
}

const NONE = 'Nothing has been committed yet: `npm run bench`, then `npm run bench -- --write-docs`.'

function block(name: string, measured: readonly Measured[]): string {
  const write = BLOCKS[name]
  if (write === undefined) throw new Error(`There is no block bench:${name}.`)
  return measured.length === 0 ? NONE : write(measured)
}

const BLOCKS: Readonly<Record<string, (measured: readonly Measured[]) => string>> = {
  /** The figures that most ask for. */
  numbers: (measured) => {
    const rows = HEADLINES.map(({ what, of, column, laneOf }) => [
      what,
      ...WHO.map((who) => shown(medianOf(measured, of, laneOf(who), column))),
    ])
    return [table(['', ...WHO], rows), whereFrom(measured)].join('\n\n')
  },
  /** All of them. */
  tables: (measured) =>
    [
      ...measured.flatMap(({ run, result }) => [`#${resultTable(result)}`, dated(run)]),
      ...unmeasured(measured),
    ].join('\n\n'),
  missed: (measured) => {
    const missed = missedFloors(measured)
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

function dated(run: Results): string {
  return `${run.date.slice(0, 10)}. ${conditions(run)}`
}

/** Of the runs behind the headlines; what was special in each stands with its table. */
function whereFrom(measured: readonly Measured[]): string {
  const runs = measured
    .filter(({ result }) => HEADLINES.some(({ of }) => of === result.name))
    .map(({ run }) => run)
  const all = (of: (run: Results) => string) => [...new Set(runs.map(of))].sort().join(', ')
  const versions = all(({ versions }) =>
    Object.entries(versions)
      .map(([name, version]) => `${name} ${version}`)
      .join(', '),
  )
  return `Measured on ${all(({ date }) => date.slice(0, 10))}, at commit ${all(({ commit }) => commit)}. ${all(({ machine }) => machine)}. ${versions}. Medians, everybody in turn; fsync and synchronous_commit are on.`
}

function unmeasured(measured: readonly Measured[]): readonly string[] {
  const known = new Set(measured.map(({ result }) => result.name))
  const left = allCases.filter(({ name }) => !known.has(name)).map(({ name }) => `\`${name}\``)
  return left.length === 0 ? [] : [`Not measured yet: ${left.join(', ')}.`]
}

function medianOf(
  measured: readonly Measured[],
  of: string,
  lane: string,
  column: string,
): number | undefined {
  const found = measured
    .find(({ result }) => result.name === of)
    ?.result.lanes.find(({ name }) => name === lane)
  return found?.medians[column] ?? undefined
}

/** The floors that were not reached, each as its section in docs/performance.md is titled. */
export function missedFloors(
  measured: readonly Measured[],
): readonly { title: string; result: RatioResult }[] {
  return measured.flatMap(({ result: { name, ratios } }) =>
    ratios
      .filter(({ verdict }) => verdict === 'missed')
      .map((result) => ({ title: `${name}: ${ratioTitle(result)}`, result })),
  )
}
