import { readdir, readFile, writeFile } from 'node:fs/promises'
import { allCases } from './cases/all-cases.ts'
import { documented } from './documented.ts'
import type { Results } from './write-results.ts'

const RESULTS = new URL('../results/', import.meta.url)
const PAGES = ['docs/performance.md', 'README.md'].map((path) => new URL(`../../../${path}`, import.meta.url))

/** Writes the figures of the newest complete run into docs/performance.md and README.md. */
export async function writeDocs(): Promise<void> {
  const results = await newestComplete()
  for (const page of PAGES) await writeFile(page, documented(await readFile(page, 'utf8'), results))
}

/** The newest run in `results/` of all cases, all lanes and the usual numbers of jobs; null: there is none. */
export async function newestComplete(): Promise<Results | null> {
  const names = await readdir(RESULTS).catch(() => []) // nothing has been measured here
  for (const name of names
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .toReversed()) {
    const results = JSON.parse(await readFile(new URL(name, RESULTS), 'utf8')) as Results
    if (isComplete(results)) return results
  }
  return null
}

/** Whether it may stand in the documentation. */
export function isComplete({ cases, scale, lanes, rounds }: Results): boolean {
  const measured = new Set(cases.map(({ name }) => name))
  return scale === 1 && lanes === null && rounds >= 5 && allCases.every(({ name }) => measured.has(name))
}
