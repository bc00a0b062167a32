// Fails if the lockfile lacks a platform's package of a tool with native binaries. Where the registry in use does not have
// one, pnpm leaves it out in silence, and the workspace cannot be installed on that platform. The cure is another version.
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const locked = namesInLockfile()
const missing = installedManifests().flatMap(({ name, version, optionalDependencies = {} }) =>
  Object.keys(optionalDependencies)
    .filter((optional) => !locked.has(optional))
    .map((optional) => `${name}@${version} lacks ${optional}`),
)
if (missing.length > 0) {
  console.error([...new Set(missing)].join('\n'))
  process.exitCode = 1
}

/** The names of all packages in the lockfile: its keys are `name@version:`, in quotes where the name has a scope. */
function namesInLockfile() {
  const text = readFileSync('pnpm-lock.yaml', 'utf8')
  return new Set([...text.matchAll(/^ {2}'?(@?[^@\s']+)@[^\s]+:/gm)].map(([, name]) => name))
}

/** What every package that is installed says about itself. */
function installedManifests() {
  const store = join('node_modules', '.pnpm')
  return readdirSync(store)
    .map((entry) => join(store, entry, 'node_modules'))
    .filter((modules) => existsSync(modules))
    .flatMap((modules) => packagesIn(modules))
    .map((directory) => join(directory, 'package.json'))
    .filter((file) => existsSync(file))
    .map((file) => JSON.parse(readFileSync(file, 'utf8')))
}

function packagesIn(modules) {
  const names = readdirSync(modules).map((name) => join(modules, name))
  return names.flatMap((path) =>
    path.includes('@', modules.length) ? readdirSync(path).map((name) => join(path, name)) : [path],
  )
}
