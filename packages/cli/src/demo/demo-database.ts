import type { EmbeddedPostgres } from '@jq/embedded'
import { withOwnSchema } from '../own-schema.ts'
import { Refusal } from '../refusal.ts'
import type { Talk } from './talk.ts'

/** Where a demo's queue lives. */
export interface DemoDatabase {
  readonly connectionString: string
  readonly schema: string
  /** The directory of a PostgreSQL of our own: nothing to count in there, it changes all the time. */
  readonly dataDir?: string | undefined
}

/** A PostgreSQL that is there, or one of our own, in a directory that stays or in a temporary one. */
export type DatabaseChoice = { readonly connectionString: string } | { readonly dataDir?: string | undefined }

/** Runs `work` with a database, and leaves nothing of it but what was to be kept. */
export async function withDemoDatabase<T>(
  choice: DatabaseChoice,
  talk: Talk,
  work: (database: DemoDatabase) => Promise<T>,
): Promise<T> {
  return 'connectionString' in choice
    ? withSchema(choice.connectionString, talk, work)
    : withServer(choice.dataDir, talk, work)
}

/** In somebody's database the demo meets no other queue, and leaves no trace. */
async function withSchema<T>(
  connectionString: string,
  talk: Talk,
  work: (database: DemoDatabase) => Promise<T>,
): Promise<T> {
  return withOwnSchema(connectionString, 'jobqueue_demo', async (schema, { host, port, database }) => {
    talk.say(
      `PostgreSQL at ${host}:${port} serves, database ${database}. The schema ${schema} is made there, and dropped at the end.`,
    )
    return work({ connectionString, schema })
  })
}

async function withServer<T>(
  keptDir: string | undefined,
  talk: Talk,
  work: (database: DemoDatabase) => Promise<T>,
): Promise<T> {
  const server = await started(keptDir)
  try {
    const kind = keptDir === undefined ? 'temporary' : `its data stay in ${server.dataDir}, with fsync on`
    talk.say(`${server.version} is up, a server of our own (${kind}).`)
    return await work({ connectionString: server.url, schema: 'worker', dataDir: server.dataDir })
  } finally {
    await server.stop()
  }
}

async function started(dataDir: string | undefined): Promise<EmbeddedPostgres> {
  // Only here: whoever brings a PostgreSQL needs none of it.
  const { startEmbeddedPostgres } = await import('@jq/embedded')
  try {
    return await startEmbeddedPostgres({ dataDir })
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error })
  }
}
