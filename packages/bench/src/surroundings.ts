import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'

/** Where and with what a run was made: without it no figure means anything. */
export interface Surroundings {
  readonly date: string
  readonly commit: string
  readonly machine: string
  readonly loadBefore: number
  readonly versions: Readonly<Record<string, string>>
}

/** @param servers - the versions of the servers; null: it was not there */
export function surroundings(servers: Readonly<Record<string, string | null>>): Surroundings {
  const found = Object.entries(servers).filter((server): server is [string, string] => server[1] !== null)
  return {
    date: new Date().toISOString(),
    commit: commit(),
    machine: machine(),
    loadBefore: loadavg()[0] as number,
    versions: {
      node: process.version,
      ...Object.fromEntries(found),
      ...Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name)])),
    },
  }
}

const PACKAGES = ['graphile-worker', 'pg-boss', 'bullmq', 'ioredis', 'pg']

function commit(): string {
  const cwd = fileURLToPath(new URL('.', import.meta.url))
  const git = (...args: string[]) => execFileSync('git', args, { cwd, encoding: 'utf8' }).trim()
  try {
    const changed = git('status', '--porcelain', '--untracked-files=no') !== ''
    return git('rev-parse', '--short', 'HEAD') + (changed ? ' with changes' : '')
  } catch {
    return 'unknown' // not a checkout
  }
}

function machine(): string {
  const all = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${all[0]?.model.trim() || process.arch}, ${all.length} cores, ${memory} GB, ${process.platform} ${release()}`
}

function versionOf(name: string): string {
  const file = new URL(`../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}
