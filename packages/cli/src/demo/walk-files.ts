import type { Dirent } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { pathBelow } from './path-below.ts'

/** What to do with what the walk meets; paths are relative to the folder it began in. */
export interface WalkRules {
  /** True for a file or folder that is not to be listed, nor entered. */
  leaveOut(path: Buffer): boolean
  /** Told of folders that could not be read; the walk goes on without them. */
  onUnreadable(path: Buffer, error: Error): void
}

/**
 * All regular files below a folder, as paths relative to it, sorted bytewise. Symbolic links are neither followed nor listed.
 *
 * Holds the names of one folder per level and no more, so that the number of files does not matter.
 */
export async function* walkFiles(
  folder: Buffer,
  rules: WalkRules,
  below: Buffer = NOWHERE,
): AsyncGenerator<Buffer> {
  for (const entry of await entriesOf(folder, rules, below)) {
    const path = pathBelow(below, entry.name)
    if (rules.leaveOut(path)) continue
    if (entry.isDirectory()) yield* walkFiles(folder, rules, path)
    else if (entry.isFile()) yield path
  }
}

const NOWHERE = Buffer.alloc(0)

async function entriesOf(folder: Buffer, rules: WalkRules, below: Buffer): Promise<Dirent<Buffer>[]> {
  try {
    const entries = await readdir(pathBelow(folder, below), { withFileTypes: true, encoding: 'buffer' })
    return sorted(entries)
  } catch (error) {
    rules.onUnreadable(below, error as Error)
    return []
  }
}

/**
 * Sorts so that the walk comes by its files in the order of their whole paths. A folder counts with the slash that follows
 * its name there: `a-b` stands before `a/b`, though `a` stands before `a-b`.
 */
function sorted(entries: Dirent<Buffer>[]): Dirent<Buffer>[] {
  const keyed = entries.map((entry) => ({
    entry,
    key: entry.isDirectory() ? Buffer.concat([entry.name, SLASH]) : entry.name,
  }))
  return keyed.sort((a, b) => Buffer.compare(a.key, b.key)).map(({ entry }) => entry)
}

const SLASH = Buffer.from('/')
