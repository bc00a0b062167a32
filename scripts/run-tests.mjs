import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countTests } from './count-tests.mjs'

/** Runs vitest with these arguments and variables, and says how many tests passed, failed and were skipped. */
export function runTests(args, env) {
  const temporary = mkdtempSync(join(tmpdir(), 'jq-tests-'))
  const report = join(temporary, 'tests.json')
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`]
  const { status } = spawnSync('vitest', ['run', ...args, '--update=none', ...reporters], {
    stdio: 'inherit',
    shell: process.platform === 'win32',
    env: { ...process.env, ...env },
  })
  const count = countTests(report)
  rmSync(temporary, { recursive: true })
  return { ...count, good: status === 0 }
}

/** The names of the tests that meet a database, unless some files are named. */
export function databaseTests(forVitest) {
  return namesFiles(forVitest) ? [] : ['.pg.test.ts', '.lab.test.ts']
}

/** What is an option of vitest begins with a dash. */
function namesFiles(forVitest) {
  return forVitest.some((arg) => !arg.startsWith('-'))
}
