import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

/** What a running server writes about itself into its data directory. */
interface PostmasterFile {
  readonly pid: string
  readonly port: string
  readonly status: string
}

/**
 * Waits for the end of the server that holds the data directory, if that server is stopping.
 *
 * @returns false if it is not, or does not end within half a minute
 */
export async function outlived(dataDir: string): Promise<boolean> {
  const deadline = performance.now() + 30_000
  while (performance.now() < deadline) {
    const file = await readPostmasterFile(dataDir)
    if (!file) return true
    if (file.status !== 'stopping') return false
    await wait(50)
  }
  return false
}

/** The error that names the server which holds the data directory. */
export async function heldBy(dataDir: string, cause: Error): Promise<Error> {
  const file = await readPostmasterFile(dataDir)
  if (!file) return cause
  const url = `postgres://postgres@127.0.0.1:${file.port}/postgres`
  const cure = `Stop it, or use it: ${url}`
  return new Error(`Another PostgreSQL (process ${file.pid}) serves ${dataDir} already. ${cure}`, { cause })
}

/** Line 1 is the process, line 4 the port, line 8 the status; see miscadmin.h of PostgreSQL. */
async function readPostmasterFile(dataDir: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(join(dataDir, 'postmaster.pid'), 'utf8').catch(() => undefined)
  const lines = text?.split('\n').map((line) => line.trim())
  return lines && { pid: lines[0] ?? '', port: lines[3] ?? '', status: lines[7] ?? '' }
}
