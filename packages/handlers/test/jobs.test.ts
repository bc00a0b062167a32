import { build } from 'esbuild'
import { expect, test } from 'vitest'

test('the definitions come without the libraries that send', async () => {
  const { metafile } = await build({
    entryPoints: [new URL('../src/jobs.ts', import.meta.url).pathname],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    packages: 'external',
    platform: 'node',
  })
  const imported = Object.values(metafile.outputs).flatMap(({ imports }) => imports.map(({ path }) => path))
  expect(new Set(imported)).toEqual(new Set(['@jq/core', 'node:url', 'zod']))
})
