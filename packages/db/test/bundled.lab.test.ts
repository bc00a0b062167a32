import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build } from 'esbuild'
import { expect, test } from 'vitest'
import { queueDatabase } from './queue-database.ts'
import { temporaryFolder, watchBeats } from './watch-beats.ts'

const room = fileURLToPath(new URL('..', import.meta.url))
const workerId = '0197a000-0000-7000-8000-00000000000a'

test('an app that was bundled into one file beats from a thread of its own', async () => {
  const [database, folder] = [await queueDatabase(), temporaryFolder()]
  const dist = join(folder, 'dist', 'index.js')
  buildPackage(join(folder, 'dist'))
  const app = join(folder, 'app', 'app.cjs')
  await bundle(fileURLToPath(new URL('blocked-process.ts', import.meta.url)), dist, app)

  expect(readdirSync(join(folder, 'app'))).toEqual(['app.cjs'])
  expect(await watchBeats(pathToFileURL(app), database, workerId)).toEqual({ code: 0, stderr: '' })
})

test('the build names no source of this repository', () => {
  const folder = temporaryFolder()
  buildPackage(folder)
  const text = readFileSync(join(folder, 'index.js'), 'utf8')
  expect(text).not.toMatch(/new URL\(["']\.\/[^"']*\.ts/)
})

function buildPackage(outDir: string): void {
  const builder = fileURLToPath(new URL('build-package.ts', import.meta.url))
  const args = ['--conditions=@jq/source', builder, outDir]
  execFileSync(process.execPath, args, { cwd: room, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** As a user does it: everything in one file, our package from its build. */
async function bundle(program: string, dist: string, outfile: string): Promise<void> {
  await build({
    entryPoints: [program],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    external: ['pg-native'],
    nodePaths: [join(room, 'node_modules')],
    conditions: ['@jq/source'],
    logLevel: 'error',
    plugins: [
      {
        name: 'our-build',
        setup: ({ onResolve }) => onResolve({ filter: /\.\.\/src\/index\.ts$/ }, () => ({ path: dist })),
      },
    ],
  })
}
