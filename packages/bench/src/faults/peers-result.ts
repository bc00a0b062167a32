import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { type Surroundings, surroundings } from '../surroundings.ts'
import type { BlackHoleSeen } from './black-hole.ts'
import type { LateWriteSeen } from './late-write.ts'
import type { SubjectName } from './subject-named.ts'
import type { OddSeen } from './unrecordable.ts'

const DIRECTORY = new URL('../../peers/', import.meta.url)

/** What was seen of all queues under all faults. */
export interface PeersResult extends Omit<Surroundings, 'loadBefore'> {
  readonly leaseMs: number
  readonly seen: Readonly<Record<SubjectName, SubjectSeen>>
}

/** What was seen of one of them. */
export interface SubjectSeen {
  readonly lateWrites: readonly LateWriteSeen[]
  readonly odd: readonly OddSeen[]
  readonly blackHoles: readonly BlackHoleSeen[]
}

/** Who took part. */
const VERSIONS = ['node', 'PostgreSQL', 'pg-boss', 'graphile-worker', 'pg']

export function peersResult(
  server: string,
  { leaseMs, seen }: Pick<PeersResult, 'leaseMs' | 'seen'>,
): PeersResult {
  const { date, commit, machine, versions } = surroundings({ PostgreSQL: server.replace('PostgreSQL ', '') })
  const own = Object.fromEntries(VERSIONS.map((name) => [name, versions[name] as string]))
  return { date, commit, machine, versions: own, leaseMs, seen }
}

/** @returns the path of the file */
export async function writePeersResult(result: PeersResult): Promise<string> {
  await mkdir(DIRECTORY, { recursive: true })
  const file = new URL(`${result.date.slice(0, 19).replace('T', '-').replaceAll(':', '')}.json`, DIRECTORY)
  await writeFile(file, `${JSON.stringify(result, null, 1)}\n`)
  return fileURLToPath(file)
}

/** Null: nothing was kept. */
export async function newestPeersResult(): Promise<PeersResult | null> {
  const names = await readdir(DIRECTORY).catch(() => []) // nothing has been played here
  const newest = names
    .filter((name) => name.endsWith('.json'))
    .toSorted()
    .at(-1)
  return newest === undefined ? null : JSON.parse(await readFile(new URL(newest, DIRECTORY), 'utf8'))
}
