import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { resultTable } from './result-table.ts'
import type { CaseResult } from './run-case.ts'
import type { Surroundings } from './surroundings.ts'

const DIRECTORY = new URL('../results/', import.meta.url)

/** How a run was asked for. */
export interface Run {
  readonly rounds: number
  readonly scale: number
  /** Which lanes alone were measured; null: all. */
  readonly lanes: string | null
}

/** What a run leaves as JSON. */
export interface Results extends Surroundings, Run {
  readonly cases: readonly CaseResult[]
}

/** Writes the run as JSON, with the figures of each round, and as a Markdown table. @returns the path of the latter */
export async function writeResults(
  around: Surroundings,
  run: Run,
  cases: readonly CaseResult[],
): Promise<string> {
  await mkdir(DIRECTORY, { recursive: true })
  const name = around.date.slice(0, 19).replace('T', '-').replaceAll(':', '')
  const file = (ending: string) => new URL(`${name}.${ending}`, DIRECTORY)
  const results: Results = { ...around, ...run, cases }
  await writeFile(file('json'), `${JSON.stringify(results, null, 1)}\n`)
  await writeFile(file('md'), page(results))
  return fileURLToPath(file('md'))
}

function page(results: Results): string {
  return `${[`# ${results.date}`, conditions(results), ...results.cases.map(resultTable)].join('\n\n')}\n`
}

/** When, where and with what it was measured. */
export function conditions({ commit, machine, loadBefore, versions, rounds, scale, lanes }: Results): string {
  const all = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  const scaled = scale === 1 ? '' : `, ${scale} times the usual number of jobs`
  const chosen = lanes === null ? '' : `, only lanes like ${lanes}`
  return [
    `Commit ${commit}. ${machine}; load ${loadBefore.toFixed(1)} before the run. ${all.join(', ')}.`,
    `Medians of ${rounds} rounds${scaled}${chosen}, everybody in turn; ratios are paired by round. fsync and synchronous_commit are on.`,
  ].join('\n\n')
}
