// Builds this package as npm will have it, but for its types, into the folder that the argument names.
import { build } from 'tsup'
import config from '../tsup.config.ts'

await build({
  ...(config as object),
  config: false,
  dts: false,
  silent: true,
  outDir: process.argv[2] as string,
})
