import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { createTestDatabase, type TestDatabase } from '../packages/testing/src/test-database.ts'

// As a newcomer does it: an empty folder, npm install of what we publish, and the README's code as it stands.

const run = promisify(execFile)
const root = new URL('..', import.meta.url).pathname
const published = ['core', 'db', 'worker']

let folder: string
let database: TestDatabase
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jq-readme-'))
  database = await createTestDatabase({ serverUrl: inject('pgUrl') })
})
afterAll(async () => {
  await database.drop()
  await rm(folder, { recursive: true })
})

test('the code of the README works when it is pasted into an empty project', async () => {
  await run(
    'turbo',
    ['run', 'build', ...published.map((name) => `--filter=@jq/${name}`), '--output-logs=errors-only'],
    { cwd: root },
  )
  await Promise.all(
    published.map((name) =>
      run('pnpm', ['pack', '--out', join(folder, `${name}.tgz`)], { cwd: join(root, 'packages', name) }),
    ),
  )
  await writeFile(join(folder, 'package.json'), JSON.stringify({ type: 'module' }))
  await writeFile(join(folder, 'app.ts'), await codeOfReadme())
  await run(
    'npm',
    [
      'install',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      ...published.map((name) => `./${name}.tgz`),
      'zod',
    ],
    { cwd: folder },
  )

  const env = { PATH: process.env.PATH, DATABASE_URL: database.url }
  const { stdout } = await run(process.execPath, ['--disable-warning=ExperimentalWarning', 'app.ts'], {
    cwd: folder,
    env,
  })
  expect(stdout.split('\n')).toEqual([
    'One image has 20000 bytes',
    '3 more are on their way',
    expect.stringMatching(
      /^Album summer is ready: \[ \{ bytes: 2500 \}, \{ bytes: 2500 \}, \{ bytes: 2500 \} \]$/,
    ),
    '',
  ])
}, 180_000)

test('the code of the README is the example that is compiled with everything else', async () => {
  expect(await readFile(join(root, 'packages/examples/src/readme.ts'), 'utf8')).toBe(await codeOfReadme())
})

async function codeOfReadme(): Promise<string> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  return /```ts\n([\s\S]*?)```/.exec(readme)?.[1] as string
}
