import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestDatabase, until } from '@jq/testing'
import { spawnProcess } from '@jq/testing/lab'
import { onTestFinished } from 'vitest'

/** A directory that goes away with the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'jq-db-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/**
 * Runs a process that blocks its event loop, sees from outside that it beats all the same, and lets it end.
 *
 * @returns how it ended, and what it wrote to stderr
 */
export async function watchBeats(program: URL, database: TestDatabase, workerId: string) {
  const signFile = join(temporaryFolder(), 'go-on')
  const blocked = spawnProcess<{ blocked?: true }>(program, { args: [database.url, workerId, signFile] })
  onTestFinished(async () => void (await blocked.kill()))
  await blocked.waitFor('its event loop is blocked', (event) => event.blocked === true, { within: '30s' })
  await beats(database, workerId, 4)
  writeFileSync(signFile, '')
  const { code } = await blocked.exited
  return { code, stderr: blocked.stderr }
}

/** Resolves once `worker_alive_at` has been seen at so many different times. */
export async function beats(database: TestDatabase, workerId: string, count: number): Promise<void> {
  const seen = new Set<string>()
  await until(`${count} beats are seen`, async () => {
    const [row] = await database.query<{ at: string }>(
      'select worker_alive_at::text as at from worker.worker where id = $1',
      [workerId],
    )
    if (row !== undefined) seen.add(row.at)
    return seen.size >= count
  })
}
