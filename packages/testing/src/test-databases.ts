import { startEmbeddedPostgres } from '@jq/embedded'
import { closeToClients, createTestDatabase, type TestDatabase } from './test-database.ts'

/** What {@link startTestDatabases} accepts. */
export interface TestDatabasesOptions {
  /**
   * A server that is there, reached as a user who may create databases: yours, or that of a container.
   *
   * @defaultValue none, nor if it is empty: a PostgreSQL of its own is started, which needs no installation
   */
  serverUrl?: string | undefined
  /** Makes once what every database shall begin with: `({ url }) => migrate({ connectionString: url })`. */
  prepare?: ((original: TestDatabase) => Promise<unknown>) | undefined
}

/** Where each test gets a database of its own. */
export interface TestDatabases {
  readonly serverUrl: string
  /** Makes a copy of what was prepared, in a fraction of the time. */
  create(): Promise<TestDatabase>
  /** Disconnects everybody, removes what was created, and ends the server if it was started here. May be called again. */
  stop(): Promise<void>
}

/**
 * A database for each test: prepared once, then copied. One per test file will do, and one for all of them is faster.
 *
 * @throws what `prepare` throws, and the driver's error if the server cannot be reached
 * @example
 * const databases = await startTestDatabases({
 *   serverUrl: process.env.DATABASE_URL,
 *   prepare: ({ url }) => migrate({ connectionString: url }),
 * })
 * const { url } = await databases.create()
 * const queue = createJobQueue({ connectionString: url })
 * // …
 * await queue.close()
 * await databases.stop()
 */
export async function startTestDatabases(options: TestDatabasesOptions = {}): Promise<TestDatabases> {
  const server = await serverAt(options.serverUrl)
  const { serverUrl } = server
  const made: TestDatabase[] = []
  const stop = async () => {
    await Promise.all(made.map((database) => database.drop()))
    await server.stop()
  }
  try {
    const original = await createTestDatabase({ serverUrl })
    made.push(original)
    await options.prepare?.(original)
    await closeToClients(serverUrl, original.name)
    let stopped: Promise<void> | undefined
    return {
      serverUrl,
      async create() {
        const copy = await createTestDatabase({ serverUrl, template: original.name })
        made.push(copy)
        return copy
      },
      stop() {
        stopped ??= stop()
        return stopped
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

async function serverAt(
  url: string | undefined,
): Promise<{ readonly serverUrl: string; stop(): Promise<void> }> {
  if (url) return { serverUrl: url, stop: async () => {} }
  const server = await startEmbeddedPostgres()
  return { serverUrl: server.url, stop: () => server.stop() }
}
