import { stat } from 'node:fs/promises'
import { runProgram } from './run-program.ts'

/** The user and group that the server runs as. */
export interface ServerUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Who runs the server: nobody else than ourselves, but for root, whom PostgreSQL refuses. Root's server runs as the owner
 * of the data directory, so that both can use it in turn, and as nobody where there is none.
 */
export async function serverUser(dataDir: string | undefined): Promise<ServerUser | undefined> {
  if (process.getuid?.() !== 0) return undefined
  const owner = dataDir === undefined ? undefined : await stat(dataDir).catch(() => undefined)
  return owner && owner.uid !== 0 ? { uid: owner.uid, gid: owner.gid } : nobody
}

/** Whether `user` may pass through all directories above `directory` and write into it. */
export async function mayWrite(user: ServerUser | undefined, directory: string): Promise<boolean> {
  return (await runProgram('/bin/sh', ['-c', 'cd "$1" && [ -w . ]', 'sh', directory], user)).succeeded
}

/** Whether `user` may pass through `directory` and all those above it. */
export async function mayEnter(user: ServerUser | undefined, directory: string): Promise<boolean> {
  return (await runProgram('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], user)).succeeded
}

// Both have a name on their system, which initdb asks for: 65534 is nobody on Linux, 1 is daemon on macOS.
const unprivileged = process.platform === 'darwin' ? 1 : 65534

const nobody: ServerUser = { uid: unprivileged, gid: unprivileged }
