import { defineConfig } from 'tsup'
import { buildOf } from '../../scripts/build-of.ts'
import manifest from './package.json' with { type: 'json' }

export default defineConfig(buildOf(manifest))
