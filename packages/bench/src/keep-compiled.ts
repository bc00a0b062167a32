// Loaded before a contender's process: what it compiles is kept for the next one, of which a run starts hundreds.
import { enableCompileCache } from 'node:module'
import { fileURLToPath } from 'node:url'

enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/compiled', import.meta.url)))
