import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { deeds } from '../history/history-event.ts'
import type { Run } from '../run/run-seed.ts'
import { commit } from './commit.ts'
import { type RecoveryTimes, recoveryTimes } from './recovery-times.ts'

const DIRECTORY = new URL('../../results/', import.meta.url)

/** What a run of one seed leaves; they add up. */
export interface Result {
  readonly date: string
  readonly commit: string
  readonly versions: Readonly<Record<string, string>>
  readonly seed: number
  readonly seconds: number
  /** All classes were there to choose from, and the seed switched some off; else these alone were asked for. */
  readonly asked: readonly string[] | null
  /** How many times as often as usual faults struck; once, where it is not said. */
  readonly often?: number
  readonly server: string
  readonly acknowledged: number
  readonly faults: Run['faults']
  /** By invariant: how often it did not hold. */
  readonly violations: Readonly<Record<string, number>>
  /** Of a run that broke a rule: the commit that mended what it found. It counts no more, and is told by name. */
  readonly mended?: string
  /** Jobs whose handler's effect outside of the database happened more than once. */
  readonly repeatedEffects: number
  /** Null where the server's clock was moved; older results do not have it. */
  readonly recovery?: RecoveryTimes | null
}

/** The result of a run, without its histories. */
export function resultOf(
  run: Run,
  { seconds, asked, often }: Required<Pick<Result, 'seconds' | 'asked' | 'often'>>,
): Result {
  const { history } = run.evidence
  const violations: Record<string, number> = {}
  for (const { invariant } of run.violations) violations[invariant] = (violations[invariant] ?? 0) + 1
  const effects = deeds(history, 'effect').map(({ jobId }) => jobId)
  return {
    date: new Date().toISOString(),
    commit: commit(),
    versions: { node: process.version, PostgreSQL: run.version.replace('PostgreSQL ', '') },
    seed: run.plan.seed,
    seconds,
    asked,
    often,
    server: run.plan.server,
    acknowledged: deeds(history, 'acked').flatMap(({ jobs }) => jobs).length,
    faults: run.faults,
    violations,
    repeatedEffects: effects.length - new Set(effects).size,
    recovery: run.plan.server === 'shifting' ? null : recoveryTimes(run.evidence),
  }
}

export async function writeResult(result: Result): Promise<void> {
  await mkdir(DIRECTORY, { recursive: true })
  const name = `${result.date.slice(0, 19).replace('T', '-').replaceAll(':', '')}-seed-${result.seed}.json`
  await writeFile(new URL(name, DIRECTORY), `${inLines(result)}\n`)
}

/** As JSON with a line for each value, and one for each list of numbers, which can be long. */
function inLines(result: Result): string {
  return JSON.stringify(result, null, 1).replace(/\[[\d\s,]+\]/g, (numbers) => numbers.replace(/\s+/g, ''))
}

/** All of seeds that was committed, the oldest first. */
export async function readResults(): Promise<readonly Result[]> {
  const names = await readdir(DIRECTORY).catch(() => []) // nothing has been played here
  const files = names.filter((name) => /-seed-\d+\.json$/.test(name)).toSorted()
  return Promise.all(files.map(async (name) => JSON.parse(await readFile(new URL(name, DIRECTORY), 'utf8'))))
}
