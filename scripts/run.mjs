#!/usr/bin/env node
// node scripts/run.mjs COMMAND [ARG...] runs COMMAND in this workspace on any machine that has Node.js >= 18 and npm. It
// uses the Node.js it was started with where that is new enough, else (or where JQ_NODE=VERSION asks for one) it brings
// Node.js, and in any case the pinned pnpm, as npm packages into .toolchain/. It installs the workspace's dependencies if
// they have changed since the last time, then runs COMMAND.
//
// `node scripts/run.mjs pnpm …` skips the installation, so that pnpm itself can change the dependencies.
//
// Nothing but what Node.js 18 has may be used here.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { run } from './bring.mjs'
import { bringNode, bringPrograms } from './bring-node.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const windows = process.platform === 'win32'

const { command, args } = { command: process.argv[2], args: process.argv.slice(3) }
const tools = [newEnoughNode(), bringPnpm()].filter(Boolean)
const env = environment()
if (command !== 'pnpm') installDependencies()
if (command) runCommand()

/** The directory of a Node.js that is new enough, unless it is the one that runs this. */
function newEnoughNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  const newEnough = (major === 22 && minor >= 22) || (major === 24 && minor >= 11) || major >= 26
  if (newEnough && !process.env.JQ_NODE) return undefined
  return bringNode(process.env.JQ_NODE || '24.21.0')
}

function bringPnpm() {
  const { packageManager } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const version = packageManager.split('@')[1].split('+')[0]
  return bringPrograms({ name: `pnpm-${version}`, specifier: `pnpm@${version}`, program: 'pnpm' })
}

/** Our own programs come first; turbo shall not tell anybody about them. */
function environment() {
  const path = [join(root, 'node_modules', '.bin'), ...tools, process.env.PATH].join(delimiter)
  return { TURBO_TELEMETRY_DISABLED: '1', ...process.env, PATH: path }
}

/**
 * Runs `pnpm install`, which takes a second or two even where nothing is to be done, if what decides about its outcome has
 * changed since it last succeeded, or if a part of what it made is missing.
 */
function installDependencies() {
  const stamp = join(root, 'node_modules', '.jobqueue-installed')
  const wanted = fingerprint()
  const found = existsSync(stamp) ? readFileSync(stamp, 'utf8') : ''
  if (found === wanted && modulesDirectories().every((directory) => existsSync(directory))) return
  rmSync(stamp, { force: true })
  const status = run('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], { env })
  if (status !== 0) process.exit(status)
  writeFileSync(stamp, wanted)
}

function fingerprint() {
  const files = [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...packages().map((name) => `${name}/package.json`),
  ]
  const hash = createHash('sha256').update(`${process.platform} ${process.arch} ${tools.join()}`)
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

/** What pnpm makes: its own record, and the links of every package that has dependencies. */
function modulesDirectories() {
  const own = packages().filter(hasDependencies)
  return [join(root, 'node_modules', '.modules.yaml'), ...own.map((name) => join(root, name, 'node_modules'))]
}

function hasDependencies(name) {
  const manifest = JSON.parse(readFileSync(join(root, name, 'package.json'), 'utf8'))
  const all = { ...manifest.dependencies, ...manifest.devDependencies, ...manifest.optionalDependencies }
  return Object.keys(all).length > 0
}

/** Every package of the workspace, as a path from its root. */
function packages() {
  const names = readdirSync(join(root, 'packages')).sort()
  return names
    .map((name) => `packages/${name}`)
    .filter((name) => existsSync(join(root, name, 'package.json')))
}

/** Runs the command and ends as it ends: with its exit code, or by its signal. */
function runCommand() {
  const child = spawn(command, args, { cwd: root, stdio: 'inherit', shell: windows, env })
  // A terminal's Ctrl-C reaches the child by itself; a SIGTERM sent to this process alone must be passed on.
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill('SIGTERM'))
  child.on('error', (error) => {
    console.error(error.message)
    process.exit(127)
  })
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}
