import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { lstat } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { pathBelow } from './path-below.ts'
import { type WalkRules, walkFiles } from './walk-files.ts'

/**
 * The regular files of a repository without what git ignores, as {@link walkFiles} gives them.
 *
 * Where there is no git, or this is no clone but an unpacked archive, what is usually ignored is left out.
 */
export async function* repositoryFiles(folder: Buffer, rules: WalkRules): AsyncGenerator<Buffer> {
  const listed = await listedByGit(folder.toString())
  const leaveOut = (path: Buffer): boolean => isUsuallyIgnored(path) || rules.leaveOut(path)
  if (listed === undefined) yield* walkFiles(folder, { ...rules, leaveOut })
  else yield* regularOnes(folder, listed, rules)
}

/** All paths that git tracks or would; undefined if it cannot tell. */
async function listedByGit(folder: string): Promise<Buffer[] | undefined> {
  // Somebody else's repository around an unpacked archive knows nothing of these files.
  if (!existsSync(join(folder, '.git'))) return undefined
  try {
    const { stdout } = await promisify(execFile)(
      'git',
      ['ls-files', '--cached', '--others', '--exclude-standard', '-z'],
      {
        cwd: folder,
        env: withoutGit(process.env),
        encoding: 'buffer',
        maxBuffer: Number.POSITIVE_INFINITY,
      },
    )
    return splitAtZeros(stdout).sort(Buffer.compare)
  } catch {
    return undefined // no git here, or it does not trust the owner of the folder
  }
}

/** A hook of git sets GIT_DIR and more of the kind, for whatever it starts. */
function withoutGit(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('GIT_')))
}

function splitAtZeros(bytes: Buffer): Buffer[] {
  const parts: Buffer[] = []
  for (let start = 0, end = bytes.indexOf(0); end >= 0; start = end + 1, end = bytes.indexOf(0, start)) {
    parts.push(bytes.subarray(start, end))
  }
  return parts
}

/** Git's index also holds symbolic links, submodules, files that are gone from disk, and conflicts twice. */
async function* regularOnes(
  folder: Buffer,
  sorted: readonly Buffer[],
  rules: WalkRules,
): AsyncGenerator<Buffer> {
  let before: Buffer | undefined
  for (const path of sorted) {
    if (before?.equals(path)) continue
    before = path
    const found = await lstat(pathBelow(folder, path)).catch(() => undefined) // git knows it, the folder no longer
    if (found?.isFile() && !rules.leaveOut(path)) yield path
  }
}

/** What `.gitignore` names, and git's own folder. */
const IGNORED = new Set([
  '.git',
  'node_modules',
  'dist',
  'coverage',
  '.toolchain',
  '.turbo',
  '.jobqueue',
  '.env',
])
const IGNORED_ENDINGS = ['.tsbuildinfo', '.tgz']

function isUsuallyIgnored(path: Buffer): boolean {
  const name = path.subarray(path.lastIndexOf('/') + 1).toString()
  return IGNORED.has(name) || IGNORED_ENDINGS.some((ending) => name.endsWith(ending))
}
