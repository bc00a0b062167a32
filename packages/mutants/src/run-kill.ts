import { spawn } from 'node:child_process'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { REPORT_FD, type Report } from './failures-reporter.ts'
import { ROOT } from './house-copy.ts'
import type { Kill } from './mutant.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** Runs the tests of one kill in a copy of the house. */
export async function runKill(root: string, kill: Kill): Promise<Verdict> {
  const { report, said } = await vitest(root, kill)
  return verdictOf(report === '' ? null : (JSON.parse(report) as Report), kill, said)
}

/** Its report, empty where it came to none, and the end of what it said. */
function vitest(root: string, { room, file, test }: Kill): Promise<{ report: string; said: string }> {
  const program = join(ROOT, 'node_modules', 'vitest', 'vitest.mjs')
  const reporter = fileURLToPath(new URL('failures-reporter.ts', import.meta.url))
  const args = [program, 'run', '--project', room, file, '-t', escaped(test), '--reporter', reporter]
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe', 'pipe'] })
  const told = { report: '', said: '' }
  const hear = (chunk: Buffer) => {
    told.said = (told.said + chunk).slice(-20_000)
  }
  child.stdout?.on('data', hear)
  child.stderr?.on('data', hear)
  const reports = child.stdio[REPORT_FD] as Readable
  reports.setEncoding('utf8').on('data', (chunk: string) => {
    told.report += chunk
  })
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', () => resolve(told))
  })
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
