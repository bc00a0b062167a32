import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { ROOT } from './house-copy.ts'
import type { Hunted } from './hunt.ts'
import { mutantsPage } from './mutants-page.ts'

/** The last hunt in which all mutants were let loose. */
export interface Results {
  readonly date: string
  readonly commit: string
  readonly node: string
  readonly mutants: readonly Hunted[]
}

export const PAGE = new URL('../../../docs/mutants.md', import.meta.url)
const FILE = new URL('../results/mutants.json', import.meta.url)

export function readResults(): Results {
  return JSON.parse(readFileSync(FILE, 'utf8'))
}

/** Writes them, and the page that tells of them. */
export function writeResults(mutants: readonly Hunted[]): void {
  const results = { date: new Date().toISOString(), commit: commit(), node: process.version, mutants }
  writeFileSync(FILE, `${JSON.stringify(results, null, 2)}\n`)
  writeFileSync(PAGE, mutantsPage(results))
}

function commit(): string {
  const git = (...args: string[]) => execFileSync('git', args, { cwd: ROOT, encoding: 'utf8' }).trim()
  const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
  return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '')
}
