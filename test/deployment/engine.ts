import { execFileSync } from 'node:child_process'
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { root } from '../workspace.ts'
import { type Ended, runProcess } from './run-process.ts'

/** What runs containers on this machine. */
export type Engine = (args: readonly string[]) => Promise<Ended>

/** The base that the Dockerfile names. Without a registry an image can only be made from one that is there already. */
const BASE = 'node:24-slim'

/** The first engine whose service answers, since having the command is not enough; else what this machine lacks. */
export async function findEngine(): Promise<Engine | string> {
  const { DOCKER_HOST } = process.env
  for (const name of ['docker', 'podman']) {
    const engine: Engine = (args) => runProcess(name, args, DOCKER_HOST === undefined ? {} : { DOCKER_HOST })
    if ((await engine(['info'])).code !== 0) continue
    if ((await engine(['image', 'inspect', BASE])).code === 0) return engine
    return `${name} has no image ${BASE} here: ${name} pull ${BASE}`
  }
  return 'this machine has no container engine that answers: neither docker nor podman'
}

/** A copy of what git knows, as it stands now: builders do not agree on where they look for what to ignore. */
export async function buildContext(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'jq-image-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0')
  for (const file of files.filter(Boolean)) {
    await mkdir(dirname(join(folder, file)), { recursive: true })
    await cp(join(root, file), join(folder, file), { verbatimSymlinks: true })
  }
  return folder
}
