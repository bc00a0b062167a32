import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnProcess } from '@jq/testing/lab'
import { expect, onTestFinished, test } from 'vitest'

const room = fileURLToPath(new URL('..', import.meta.url))

test('the built package isolates without a file beside it, and its process ends by itself', async () => {
  const folder = mkdtempSync(join(room, 'test', 'built-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const builder = fileURLToPath(new URL('build-package.ts', import.meta.url))
  execFileSync(process.execPath, ['--conditions=@jq/source', builder, folder], {
    cwd: room,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  expect(readdirSync(folder).filter((file) => !file.endsWith('.map'))).toEqual(['index.js'])
  const program = spawnProcess(new URL('isolated/built-process.ts', import.meta.url), { args: [folder] })
  expect(await program.exited).toEqual({ code: 0, signal: null })
  expect(program.events).toEqual([
    { where: 'thread', state: 'succeeded', error: null, isOurs: true },
    { where: 'process', state: 'succeeded', error: null, isOurs: false },
  ])
})
