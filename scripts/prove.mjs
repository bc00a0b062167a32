// npm run prove runs the proofs of our promises at their full length, against a real PostgreSQL and with real processes: what CI
// does ten times is done a hundred times here. `npm run prove -- poison effects` runs those whose file is named so. Random ones print their
// seed; `JQ_SEED=… npm run prove -- effects` brings one back.
import { spawnSync } from 'node:child_process'

const named = process.argv.slice(2)
const files = named.length > 0 ? named : ['.lab.test.ts', '.pg.test.ts']
const { status } = spawnSync('vitest', ['run', ...files], {
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: { ...process.env, JQ_LONG: '1' },
})
process.exitCode = status ?? 1
