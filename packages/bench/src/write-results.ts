import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { resultTable } from './result-table.ts'
import type { CaseResult } from './run-case.ts'
import type { Surroundings } from './surroundings.ts'

const DIRECTORY = new URL('../results/', import.meta.url)

/** Writes the run as JSON, with the figures of each round, and as a Markdown table. @returns the path of the latter */
export async function writeResults(
  around: Surroundings,
  run: { rounds: number; scale: number },
  cases: readonly CaseResult[],
): Promise<string> {
  await mkdir(DIRECTORY, { recursive: true })
  const name = around.date.slice(0, 16).replace('T', '-').replace(':', '')
  const file = (ending: string) => new URL(`${name}.${ending}`, DIRECTORY)
  await writeFile(file('json'), `${JSON.stringify({ ...around, ...run, cases }, null, 1)}\n`)
  await writeFile(file('md'), page(around, run, cases))
  return fileURLToPath(file('md'))
}

function page(
  around: Surroundings,
  { rounds, scale }: { rounds: number; scale: number },
  cases: readonly CaseResult[],
): string {
  const versions = Object.entries(around.versions).map(([name, version]) => `${name} ${version}`)
  const scaled = scale === 1 ? '' : `, ${scale} times the usual number of jobs`
  return `${[
    `# ${around.date}`,
    `Commit ${around.commit}. ${around.machine}; load ${around.loadBefore.toFixed(1)} before the run. ${versions.join(', ')}.`,
    `Medians of ${rounds} rounds${scaled}, everybody in turn; ratios are paired by round. fsync and synchronous_commit are on.`,
    ...cases.map(resultTable),
  ].join('\n\n')}\n`
}
