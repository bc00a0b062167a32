import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { allMutants } from './all-mutants.ts'
import type { Hunted } from './hunt.ts'
import { mutantsPage } from './mutants-page.ts'

/** What became of a mutant when it was last let loose, and on which code: they need not be hunted all at once. */
export interface Result extends Hunted {
  readonly date: string
  readonly commit: string
  readonly node: string
}

export const PAGE = new URL('../../../docs/mutants.md', import.meta.url)
const FILE = new URL('../results/mutants.json', import.meta.url)

/** In the order of the mutants; of those that were never let loose there is none. */
export function readResults(): readonly Result[] {
  return existsSync(FILE) ? JSON.parse(readFileSync(FILE, 'utf8')) : []
}

/** Writes what is new, seen on this commit, beside what is known, and the page that tells of all. */
export function writeResults(hunted: readonly Hunted[], commit: string): void {
  const around = { date: new Date().toISOString(), commit, node: process.version }
  const fresh = hunted.map((one): Result => ({ ...one, ...around }))
  const known = new Map([...readResults(), ...fresh].map((result) => [result.name, result]))
  const results = allMutants.flatMap(({ name }) => known.get(name) ?? [])
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(PAGE, mutantsPage(results))
}
