import { execFile } from 'node:child_process'
import { access, mkdtemp, rmdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ServerKind } from '../nemesis/fault.ts'

const run = promisify(execFile)

const PLACES = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1',
  '/usr/lib/faketime/libfaketime.so.1',
  '/usr/local/lib/faketime/libfaketime.so.1',
]

/** @param wanted - where the user says that it is */
export async function findLibfaketime(wanted: string | undefined): Promise<string | null> {
  for (const path of wanted === undefined ? PLACES : [wanted]) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path // where it is not, the next may be
  }
  return null
}

/** Why servers of a kind cannot be had on this machine; those that can are not there. */
export async function missingServers(libfaketime: string | null): Promise<ReadonlyMap<ServerKind, string>> {
  const missing = new Map<ServerKind, string>()
  if (libfaketime === null)
    missing.set(
      'shifting',
      'libfaketime is not installed (apt-get install libfaketime, or --libfaketime its path)',
    )
  if (!(await canMount())) missing.set('small', 'no tmpfs can be mounted here, which takes root')
  return missing
}

async function canMount(): Promise<boolean> {
  const directory = await mkdtemp(join(tmpdir(), 'jq-lab-mount-'))
  try {
    await mountTmpfs(directory, 1)
    await unmount(directory)
    return true
  } catch {
    return false // which is the answer
  } finally {
    await rmdir(directory)
  }
}

export async function mountTmpfs(directory: string, megabytes: number): Promise<void> {
  await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=777`, 'none', directory])
}

export async function unmount(directory: string): Promise<void> {
  await run('umount', ['-l', directory])
}
