import { build, type OutputFile, type Plugin } from 'esbuild'
import { defineConfig } from 'tsup'
import { buildOf } from '../../scripts/build-of.ts'
import manifest from './package.json' with { type: 'json' }

/**
 * Replaces `cell-source.ts` by a module that holds the code of cells as one text of CommonJS.
 *
 * A file beside ours would be left behind by whoever bundles us.
 */
const cellText: Plugin = {
  name: 'cell-text',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]isolation[\\/]cell-source\.ts$/ }, async ({ path }) => {
      const text = await textOf(path.replace(/cell-source\.ts$/, 'cell.ts'))
      return { contents: `export const cellSource = ${JSON.stringify(text)}`, loader: 'js' }
    })
  },
}

async function textOf(file: string): Promise<string> {
  const {
    outputFiles: [output],
  } = await build({
    entryPoints: [file],
    bundle: true,
    minify: true,
    write: false,
    platform: 'node',
    format: 'cjs',
    target: 'node22',
  })
  return (output as OutputFile).text
}

export default defineConfig({ ...buildOf(manifest), esbuildPlugins: [cellText] })
