import { readdir, readFile, writeFile } from 'node:fs/promises'
import { allCases } from './cases/all-cases.ts'
import { documented, type Measured } from './documented.ts'
import type { Results } from './write-results.ts'

const RESULTS = new URL('../results/', import.meta.url)
const PAGES = ['docs/performance.md', 'README.md'].map((path) => new URL(`../../../${path}`, import.meta.url))

/** Writes the newest figures of each case into docs/performance.md and README.md. */
export async function writeDocs(): Promise<void> {
  const measured = await newestOfEach()
  for (const page of PAGES) await writeFile(page, documented(await readFile(page, 'utf8'), measured))
}

/** Of each case, in their order, the newest run in `results/` that may stand in the documentation, where there is one. */
export async function newestOfEach(): Promise<readonly Measured[]> {
  const names = await readdir(RESULTS).catch(() => []) // nothing has been measured here
  const files = names.filter((file) => file.endsWith('.json')).toSorted()
  const runs = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(new URL(name, RESULTS), 'utf8'))),
  )
  return newestIn(runs)
}

/** @param runs - the newest last */
export function newestIn(runs: readonly Results[]): readonly Measured[] {
  const whole = runs.filter(isWhole).toReversed()
  return allCases.flatMap(({ name }) => {
    const found = whole.flatMap((run) =>
      run.cases.filter((one) => one.name === name).map((result) => ({ run, result })),
    )
    return found.slice(0, 1)
  })
}

/** Whether its cases may stand in the documentation: all lanes, the usual numbers of jobs, at least five rounds. */
function isWhole({ scale, lanes, rounds }: Results): boolean {
  return scale === 1 && lanes === null && rounds >= 5
}
