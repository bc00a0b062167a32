import { access, chown, mkdir, readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { mayEnter, mayWrite, type ServerUser } from './server-user.ts'
import type { Supervisor } from './supervisor.ts'

/** Leaves a database in `dataDir` that `user` can serve: the one that is there, else a new one. */
export async function prepareDataDirectory(
  dataDir: string,
  user: ServerUser | undefined,
  server: Supervisor,
): Promise<void> {
  const made = await mkdir(dataDir, { recursive: true })
  try {
    if (await holdsDatabase(dataDir)) return await assertUsable(dataDir, user)
    await assertEmpty(dataDir)
    if (user) await chown(dataDir, user.uid, user.gid)
    await assertUsable(dataDir, user)
    await server.initialize()
  } catch (error) {
    if (made) await rm(made, { recursive: true })
    throw error
  }
}

async function holdsDatabase(dataDir: string): Promise<boolean> {
  return access(join(dataDir, 'PG_VERSION')).then(
    () => true,
    () => false,
  )
}

async function assertEmpty(dataDir: string): Promise<void> {
  const [first] = await readdir(dataDir)
  if (first === undefined) return
  throw new Error(
    `${dataDir} holds no PostgreSQL database but other things (${first}): choose an empty directory or a new one.`,
  )
}

async function assertUsable(dataDir: string, user: ServerUser | undefined): Promise<void> {
  if (await mayWrite(user, dataDir)) return
  const closed = (await firstClosed(dataDir, user)) ?? dataDir
  if (!user) throw new Error(`The data directory is out of reach: no permission for ${closed}.`)
  throw new Error(
    `PostgreSQL refuses to run as root, and the user it runs as (uid ${user.uid}) may not pass through ${closed}. ` +
      `Choose a data directory elsewhere, or open that one (chmod o+x ${closed}), or run this as another user than root.`,
  )
}

/** The uppermost directory that keeps the user out. */
async function firstClosed(directory: string, user: ServerUser | undefined): Promise<string | undefined> {
  const above = dirname(directory)
  const closed = above === directory ? undefined : await firstClosed(above, user)
  if (closed) return closed
  return (await mayEnter(user, directory)) ? undefined : directory
}
