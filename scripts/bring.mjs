import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Nothing but what Node.js 18 has may be used here: run.mjs brings a newer one with it.

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Installs a package into `.toolchain/name/` unless it is there, which `proof`, a path within, shows; returns the directory. */
export function bring({ name, specifier, proof }) {
  const directory = join(root, '.toolchain', name)
  if (existsSync(join(directory, proof))) return directory
  console.error(`Bringing ${specifier} into .toolchain/ …`)
  // Installed beside and renamed, so that who is interrupted leaves nothing half done.
  const part = `${directory}.${process.pid}`
  mkdirSync(part, { recursive: true })
  const quiet = ['--no-save', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error']
  if (run('npm', ['install', '--prefix', part, ...quiet, specifier], { cwd: part }) !== 0) {
    throw new Error(`npm could not install ${specifier}`)
  }
  try {
    renameSync(part, directory)
  } catch (error) {
    // Another process may have been faster; a directory without what was asked for is a wreck.
    if (!existsSync(join(directory, proof))) throw error
    rmSync(part, { recursive: true, force: true })
  }
  return directory
}

/** Runs a program to its end. What it says goes to stderr: stdout belongs to the command. */
export function run(program, programArgs, options) {
  const result = spawnSync(program, programArgs, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    ...options,
  })
  if (result.error) throw result.error
  if (result.signal) process.kill(process.pid, result.signal)
  return result.status ?? 1
}
