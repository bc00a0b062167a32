import { startEmbeddedPostgres } from '@jq/embedded'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  interface ProvidedContext {
    /** A PostgreSQL for tests: superuser, database `postgres`. Each test file makes a database of its own in it. */
    pgUrl: string
    /** Proofs at their full length, by `npm run prove`; in CI they are short. */
    longForm: boolean
    /** To see a random test's failure again: `JQ_SEED=…`. */
    seed: number | undefined
  }
}

/**
 * Brings one PostgreSQL for the whole test run: that of `DATABASE_URL`, a container if `JQ_TEST_DB=testcontainers`, else
 * an embedded one. Tests ask for it with `inject('pgUrl')`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { url, stop } = await startServer()
  project.provide('pgUrl', url)
  project.provide('longForm', process.env.JQ_LONG === '1')
  project.provide('seed', process.env.JQ_SEED === undefined ? undefined : Number(process.env.JQ_SEED))
  return stop
}

interface TestServer {
  readonly url: string
  stop(): Promise<void>
}

async function startServer(): Promise<TestServer> {
  if (process.env.DATABASE_URL) return { url: process.env.DATABASE_URL, stop: async () => {} }
  if (process.env.JQ_TEST_DB === 'testcontainers') return startContainer()
  return startEmbeddedPostgres({ settings })
}

/** Test files run side by side, each with pools of its own. `jit` is what servers have that nobody tuned. */
const settings = { max_connections: '300', jit: 'on' }

async function startContainer(): Promise<TestServer> {
  // Imported only here: it is slow to load, and most runs do without it.
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql')
  const command = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  try {
    const container = await new PostgreSqlContainer(process.env.JQ_PG_IMAGE ?? 'postgres:18')
      .withCommand(['postgres', ...command])
      .start()
    return { url: container.getConnectionUri(), stop: async () => void (await container.stop()) }
  } catch (cause) {
    const cure =
      'Start a container engine, or set DATABASE_URL, or unset JQ_TEST_DB to test with the embedded server.'
    throw new Error(`JQ_TEST_DB=testcontainers: no container could be started. ${cure}`, { cause })
  }
}
