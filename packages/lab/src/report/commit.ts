import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** The commit that this is, and whether what is played was changed since. */
export function commit(): string {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const git = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim()
  try {
    const changed =
      git('status', '--porcelain', '--untracked-files=no', ':(top,glob)packages/*/src/**', ':(top)schema') !==
      ''
    return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '')
  } catch {
    return 'unknown' // not a checkout
  }
}
