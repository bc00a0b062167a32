import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

/** The rooms that have tests, and `house`: what holds for all of them together. */
const rooms = [
  ...['core', 'db', 'worker', 'http', 'handlers', 'metrics', 'otel', 'testing', 'cli'],
  ...['embedded', 'examples', 'bench', 'lab', 'mutants'],
]

const inRoom = (name: string) => ({
  extends: true as const,
  test: {
    name,
    root: `packages/${name}`,
    include: ['{src,test}/**/*.test.ts'],
    // What must not compile is the business of `npm run typecheck`.
    exclude: ['**/*.types.test.ts'],
  },
})

const house = { extends: true as const, test: { name: 'house', include: ['test/**/*.test.ts'] } }

export default defineConfig({
  resolve: { conditions: ['@jq/source'] },
  ssr: { resolve: { conditions: ['@jq/source'] } },
  test: {
    projects: [house, ...rooms.map(inRoom)],
    globalSetup: ['packages/testing/test-setup/postgres.ts', 'packages/db/test-setup/queue-template.ts'],
    // Processes that tests start, hundreds of them, compile nothing that one before them has compiled.
    env: { NODE_COMPILE_CACHE: fileURLToPath(new URL('node_modules/.cache/compiled', import.meta.url)) },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    // Most tests wait for PostgreSQL, for processes and for time-outs, so four files at once pay even on two cores.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    coverage: { provider: 'v8', include: ['packages/*/src/**/*.ts'], reporter: ['text', 'json-summary'] },
  },
})
