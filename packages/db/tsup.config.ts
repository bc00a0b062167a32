import { build, type OutputFile, type Plugin } from 'esbuild'
import { defineConfig } from 'tsup'
import { buildOf } from '../../scripts/build-of.ts'
import manifest from './package.json' with { type: 'json' }

/**
 * Replaces `thread-source.ts` by a module that holds the heartbeat's thread as one text of CommonJS, with the driver in it.
 *
 * A file beside ours would be left behind by whoever bundles us, and in his bundle the thread would not find the driver.
 */
const heartbeatText: Plugin = {
  name: 'heartbeat-text',
  setup({ onLoad }) {
    onLoad({ filter: /[\\/]heartbeat[\\/]thread-source\.ts$/ }, async ({ path }) => {
      const text = await textOf(path.replace(/thread-source\.ts$/, 'heartbeat-thread.ts'))
      return { contents: `export const threadSource = ${JSON.stringify(text)}`, loader: 'js' }
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
    // The driver asks for it only where somebody asks the driver to.
    external: ['pg-native'],
  })
  return (output as OutputFile).text
}

export default defineConfig({ ...buildOf(manifest), esbuildPlugins: [heartbeatText] })
