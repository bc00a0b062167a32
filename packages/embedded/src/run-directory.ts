import { chown, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mayWrite, type ServerUser } from './server-user.ts'

/** Makes a temporary directory that belongs to the user of the server, below `under` where that user may write there. */
export async function openRunDirectory(
  user: ServerUser | undefined,
  under: string | undefined,
): Promise<string> {
  const wanted = under !== undefined && (await mayWrite(user, under))
  const directory = await mkdtemp(join(wanted ? under : await temporaryRoot(user), 'jq-pg-'))
  if (user) await chown(directory, user.uid, user.gid)
  return directory
}

/** Where that user may write: root's TMPDIR can be below a directory that is closed to others. */
export async function temporaryRoot(user: ServerUser | undefined): Promise<string> {
  for (const directory of [tmpdir(), '/tmp', '/var/tmp']) {
    if (await mayWrite(user, directory)) return directory
  }
  throw new Error(
    `No temporary directory that uid ${user?.uid ?? process.getuid?.()} may write to: set TMPDIR.`,
  )
}
