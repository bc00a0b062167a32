import { allFaults } from '../faults/all-faults.ts'
import { allInvariants } from '../invariants/all-invariants.ts'
import { percentile } from './percentile.ts'
import type { RecoveryTimes } from './recovery-times.ts'
import type { Result } from './results.ts'

/** A page in which each block between `<!-- lab:name -->` and `<!-- /lab:name -->` tells what was found. */
export function documented(page: string, results: readonly Result[]): string {
  return page.replace(
    /(<!-- lab:(\w+) -->\n)[\s\S]*?(<!-- \/lab:\2 -->)/g,
    (_, begin: string, name: string, end: string) => `${begin}${block(name, results)}\n${end}`,
  )
}

function block(name: string, results: readonly Result[]): string {
  const write = BLOCKS[name]
  if (write === undefined) throw new Error(`There is no block lab:${name}.`)
  return name === 'mended' ? write(results) : write(results.filter(({ mended }) => mended === undefined))
}

const BLOCKS: Readonly<Record<string, (results: readonly Result[]) => string>> = {
  faults: (results) =>
    [
      '| fault | struck | landed | violations | at 95 % | landed means |',
      '|---|---|---|---|---|---|',
      ...allFaults.map(({ name, what, landsWhen }) => {
        const { struck, landed, violations } = sumOf(name, results)
        const cells = [
          `\`${name}\`: ${what}`,
          struck,
          landed,
          violations,
          bound(landed, violations),
          landsWhen,
        ]
        return `| ${cells.join(' | ')} |`
      }),
    ].join('\n'),
  invariants: (results) =>
    [
      '| | what must hold | violations |',
      '|---|---|---|',
      ...allInvariants.map(
        ({ id, what }) =>
          `| ${id} | ${what} | ${totalOf(results, ({ violations }) => violations[id] ?? 0)} |`,
      ),
    ].join('\n'),
  recovery: (results) => {
    const told = results.filter(({ recovery }) => (recovery?.ended.length ?? 0) > 0)
    if (told.length === 0) return 'No run has told these times yet: `npm run lab -- --save`.'
    const lone = told.filter(onlyKills)
    const crowded = told.filter((result) => !onlyKills(result))
    return [
      '| until an attempt of a killed process | attempts | p50 | p99 | longest |',
      '|---|---|---|---|---|',
      ...(crowded.length > 0 ? recoveryRows('among other faults', crowded) : []),
      ...(lone.length > 0 ? recoveryRows('where nothing else struck', lone) : []),
    ].join('\n')
  },
  mended: (results) => {
    const rows = results.filter(({ mended }) => mended !== undefined)
    if (rows.length === 0) return 'None.'
    return [
      '| seed | at commit | broke | mended by |',
      '|---|---|---|---|',
      ...rows.map(
        ({ seed, commit, violations, mended }) =>
          `| ${seed} | ${commit} | ${Object.keys(violations).join(', ')} | ${mended} |`,
      ),
    ].join('\n')
  },
  runs: (results) => {
    if (results.length === 0) return 'Nothing has been played yet: `npm run lab`.'
    const all = (of: (result: Result) => string) => [...new Set(results.map(of))].sort().join(', ')
    return [
      `${results.length} runs on ${all(({ date }) => date.slice(0, 10))}, at commit ${all(({ commit }) => commit)}, with`,
      `${all(({ versions }) =>
        Object.entries(versions)
          .map(([name, version]) => `${name} ${version}`)
          .join(', '),
      )}.`,
      `${totalOf(results, ({ acknowledged }) => acknowledged)} acknowledged jobs. Effects outside of the database, of jobs that ran again:`,
      `${totalOf(results, ({ repeatedEffects }) => repeatedEffects)} repeated. Seeds: ${results.map(({ seed }) => seed).join(', ')}.`,
    ].join('\n')
  },
}

function recoveryRows(when: string, results: readonly Result[]): readonly string[] {
  const all = (of: (times: RecoveryTimes) => readonly number[]) =>
    results.flatMap(({ recovery }) => (recovery ? of(recovery) : []))
  return [
    recoveryRow(
      `was ended, ${when}`,
      all(({ ended }) => ended),
    ),
    recoveryRow(
      `ran again, ${when}`,
      all(({ again }) => again),
    ),
  ]
}

function recoveryRow(what: string, times: readonly number[]): string {
  const seconds = [50, 99, 100].map((percent) => `${(percentile(times, percent) / 1_000).toFixed(1)} s`)
  return `| ${[what, times.length, ...(times.length > 0 ? seconds : ['–', '–', '–'])].join(' | ')} |`
}

/** Whether kills were all that happened. */
function onlyKills({ faults }: Result): boolean {
  return Object.entries(faults).every(([name, { struck }]) => name === 'kill' || struck === 0)
}

/** Of a class: how often it struck and landed, and the violations of the runs in which it did. */
function sumOf(name: string, results: readonly Result[]) {
  const played = results.filter(({ faults }) => (faults[name]?.landed ?? 0) > 0)
  return {
    struck: totalOf(results, ({ faults }) => faults[name]?.struck ?? 0),
    landed: totalOf(results, ({ faults }) => faults[name]?.landed ?? 0),
    violations: totalOf(played, ({ violations }) => Object.values(violations).reduce((sum, n) => sum + n, 0)),
  }
}

/** By the rule of three: where n independent trials did not fail once, they fail less often than 3 in n, with 95 % confidence. */
function bound(landed: number, violations: number): string {
  if (landed === 0) return 'did not run'
  if (violations > 0) return `🔴 ${violations} violations`
  return `0 in ${landed}, < ${shown(Math.min(100, 300 / landed))} %`
}

function shown(percent: number): string {
  return percent >= 10 ? percent.toFixed(0) : percent.toPrecision(2)
}

function totalOf(results: readonly Result[], of: (result: Result) => number): number {
  return results.reduce((sum, result) => sum + of(result), 0)
}
