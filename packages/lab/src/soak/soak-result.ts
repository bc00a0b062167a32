import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'
import { commit } from '../report/commit.ts'
import type { Soak } from './run-soak.ts'

const DIRECTORY = new URL('../../results/', import.meta.url)

/** What a soak leaves. */
export interface SoakResult extends Omit<Soak, 'version'> {
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly versions: Readonly<Record<string, string>>
  readonly minutes: number
}

export function soakResultOf({ version, ...soak }: Soak, minutes: number): SoakResult {
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: `${cpus()[0]?.model.trim() || process.arch}, ${cpus().length} cores`,
    versions: { node: process.version, PostgreSQL: version.replace('PostgreSQL ', '') },
    minutes,
    ...soak,
  }
}

/** @returns the path of the file */
export async function writeSoakResult(result: SoakResult): Promise<string> {
  await mkdir(DIRECTORY, { recursive: true })
  const name = `soak-${result.date.slice(0, 19).replace('T', '-').replaceAll(':', '')}.json`
  const file = new URL(name, DIRECTORY)
  await writeFile(file, `${JSON.stringify(result)}\n`)
  return fileURLToPath(file)
}

/** The longest run that was kept, of equals the newest; null: there is none. */
export async function longestSoak(): Promise<SoakResult | null> {
  const names = await readdir(DIRECTORY).catch(() => []) // nothing has been run here
  const files = names.filter((name) => /^soak-.*\.json$/.test(name)).toSorted()
  const results: SoakResult[] = await Promise.all(
    files.map(async (name) => JSON.parse(await readFile(new URL(name, DIRECTORY), 'utf8'))),
  )
  return results.reduce<SoakResult | null>(
    (longest, result) => (longest === null || result.minutes >= longest.minutes ? result : longest),
    null,
  )
}
