import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { type SpawnedProcess, spawnProcess } from '@jq/testing/lab'
import { onTestFinished } from 'vitest'

/** The command `jobqueue` in a process of its own. */
export interface Jobqueue<Answer> {
  readonly process: SpawnedProcess<Answer>
  /** The processes that it started and that are alive, itself included. */
  family(): number[]
}

/** Starts `jobqueue` as users of the workspace do, without the variables that name a database unless they are given. */
export function startJobqueue<Answer = unknown>(
  args: readonly string[],
  env: Record<string, string> = {},
): Jobqueue<Answer> {
  const { DATABASE_URL: _, JOBQUEUE_DATABASE_URL: __, JOBQUEUE_SCHEMA: ___, ...inherited } = process.env
  const mark = `JQ_TEST_FAMILY=${randomUUID()}`
  const started = spawnProcess<Answer>(new URL('../src/main.ts', import.meta.url), {
    args,
    env: { ...inherited, ...env, JQ_TEST_FAMILY: mark.split('=')[1] },
  })
  onTestFinished(async () => void (await started.kill()))
  return { process: started, family: () => processesWith(mark) }
}

/** Children inherit their parent's environment, and keep it when the parent is gone. */
export function processesWith(variable: string): number[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all.filter((pid) => environmentOf(pid).includes(variable)).map(Number)
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8')
  } catch {
    return '' // it is gone by now
  }
}
