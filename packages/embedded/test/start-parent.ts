import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import type { EmbeddedPostgresOptions } from '@jq/embedded'
import { onTestFinished } from 'vitest'

/** Where and as whom the process runs, and whether it crashes its server first. */
export interface ParentOptions {
  readonly crashed?: boolean
  readonly env?: NodeJS.ProcessEnv
  readonly uid?: number
  readonly gid?: number
}

/** A process that has started a server, and where that server is. */
export interface Parent {
  readonly process: ChildProcess
  readonly url: string
  readonly dataDir: string
  /** Of the server, not of the parent. */
  readonly pid: number
}

/** Starts a server from a process of its own, so that a test can kill that process, and waits until it stands. */
export async function startParent(
  options: EmbeddedPostgresOptions = {},
  spawnOptions: ParentOptions = {},
): Promise<Parent> {
  const child = spawnParent(options, spawnOptions)
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  return { process: child, ...JSON.parse(line) }
}

/** The same without waiting. */
export function spawnParent(
  options: EmbeddedPostgresOptions = {},
  { crashed = false, ...spawnOptions }: ParentOptions = {},
): ChildProcess & { stdout: Readable } {
  const script = fileURLToPath(new URL('parent.ts', import.meta.url))
  const args = ['--conditions=@jq/source', script, JSON.stringify(options), crashed ? 'crash' : '']
  const child = spawn(process.execPath, args, { ...spawnOptions, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  return child
}
