import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAbsolute } from 'node:path'

/** What is wrong with the files that npm would publish from the directory we are in, a line each; nothing is the rule. */
export function packingFaults() {
  const [{ files }] = JSON.parse(
    execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], QUIET),
  )
  const paths = files.map(({ path }) => path)
  const missing = NEEDED.filter((path) => !paths.includes(path))
  return [
    ...missing.map((path) => `${path} would not be published`),
    ...paths.filter((path) => !isMeant(path)).map((path) => `${path} would be published`),
    ...paths.filter((path) => path.endsWith('.map')).flatMap(foreignSources),
  ]
}

const QUIET = { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }

const NEEDED = ['LICENSE', 'README.md', 'package.json']

/** The build and what says what it is: no test, no source, no setting, no secret. */
function isMeant(path) {
  if (NEEDED.includes(path)) return true
  return (
    /^dist\/[\w./-]+\.(js|d\.ts|js\.map|html|css|svg)$/.test(path) &&
    !/\.test\.|\bfixtures?\b|\/\./.test(path)
  )
}

/** A map names sources by paths from itself; an absolute one tells where somebody's home is. */
function foreignSources(path) {
  const { sources, sourceRoot = '' } = JSON.parse(readFileSync(path, 'utf8'))
  const foreign = [sourceRoot, ...sources].filter((source) => isAbsolute(source) || /^\w+:/.test(source))
  return foreign.map((source) => `${path} names ${source}, a path of the machine that built it`)
}
