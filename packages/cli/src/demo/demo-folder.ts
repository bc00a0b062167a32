import { existsSync, realpathSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Refusal } from '../refusal.ts'
import { repositoryFiles } from './repository-files.ts'
import { type WalkRules, walkFiles } from './walk-files.ts'

/** The folder that a demo counts. */
export interface DemoFolder {
  /** Its real path, in bytes. */
  readonly path: Buffer
  /** Its files, as paths relative to it, sorted bytewise. */
  files(rules: WalkRules): AsyncGenerator<Buffer>
}

/**
 * The folder that was named, with all its files; without a name this repository, without what git ignores. Where the package
 * is installed elsewhere there is no repository, and it is the folder that the user stands in.
 *
 * @throws Refusal if there is no such folder
 */
export function demoFolder(named: string | undefined, startFolder: string): DemoFolder {
  const path = realFolder(named === undefined ? (workspace() ?? '.') : placed(named, startFolder))
  const list = named === undefined ? repositoryFiles : walkFiles
  return { path, files: (rules) => list(path, rules) }
}

/** Where a path that the user typed lies; the place that a user of this repository typed it in is `startFolder`. */
export function placed(path: string, startFolder: string): string {
  return isAbsolute(path) || workspace() === undefined ? path : join(startFolder, path)
}

/** The system is asked for the real path, since in JavaScript's hands names that are no UTF-8 would be damaged. */
function realFolder(path: string): Buffer {
  try {
    if (statSync(path).isDirectory()) return realpathSync.native(path, { encoding: 'buffer' })
  } catch (error) {
    throw new Refusal(`Cannot count ${path}: ${(error as Error).message}`)
  }
  throw new Refusal(`Cannot count ${path}: it is no folder. Give the folder that holds the files.`)
}

/** The top of the repository that this code was cloned with; undefined where npm installed it. */
function workspace(): string | undefined {
  const here = fileURLToPath(import.meta.url)
  if (here.includes(`${sep}node_modules${sep}`)) return undefined
  return foldersAbove(here).find((folder) => existsSync(join(folder, 'pnpm-workspace.yaml')))
}

function foldersAbove(path: string): string[] {
  const folder = dirname(path)
  return folder === path ? [] : [folder, ...foldersAbove(folder)]
}
