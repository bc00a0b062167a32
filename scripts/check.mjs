// npm run check runs all we believe in, cheapest first, and stops at the first trouble. With --all, as in .ci/run, it goes
// on to the end. Its last line is always the count of the tests, as plain tools read it: `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { countTests } from './count-tests.mjs'

const goOn = process.argv.includes('--all')
const temporary = mkdtempSync(join(tmpdir(), 'jq-check-'))
const report = join(temporary, 'tests.json')
// A golden file that is missing is trouble here; `npm run golden` writes it.
// The README's own command.
const tests = `npm test --silent -- --update=none --reporter=default --reporter=json --outputFile.json=${report}`

const checks = [
  { what: 'the migrations in the package', command: 'node scripts/embed-schema.mjs --check' },
  { what: 'platforms in the lockfile', command: 'node scripts/check-lockfile-platforms.mjs' },
  { what: 'format and lint', command: 'biome check .' },
  { what: 'types', command: 'tsc --noEmit -p .' },
  { what: 'unused files, exports and dependencies', command: 'knip' },
  {
    what: 'builds, and packages as npm will have them',
    command: 'turbo run check:package --output-logs=errors-only',
  },
  { what: 'the bench, without judging times', command: 'npm run bench --silent -- --smoke' },
  { what: 'tests', command: tests },
]

const failures = []
for (const check of checks) {
  if (failures.length > 0 && !goOn) break
  if (!succeeds(check)) failures.push(check)
}
const count = countTests(report)
rmSync(temporary, { recursive: true })
for (const { what, command } of failures)
  console.log(`FAILED: ${what} (${command.replace(/ --reporter.*/, '')})`)
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`)
process.exitCode = failures.length > 0 || count.failed > 0 ? 1 : 0

function succeeds({ what, command }) {
  console.log(`\n── ${what}: ${command}`)
  const [program, ...args] = command.split(' ')
  const start = performance.now()
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  console.log(
    `── ${status === 0 ? 'good' : 'FAILED'} after ${((performance.now() - start) / 1000).toFixed(1)} s`,
  )
  return status === 0
}
