import { connectionOf } from '../connection.ts'
import type { Given } from '../leaf.ts'
import { Refusal } from '../refusal.ts'
import { type QueuePlace, reachedPlace } from '../with-queue.ts'
import type { ServeFlags } from './serve-options.ts'

/** Where a service keeps its queue, and whether it makes it ready first. */
export interface ServedPlace extends QueuePlace {
  readonly migrate: 'never' | 'up'
}

/** Runs `work` with the database that was given, or with a PostgreSQL of its own, whose data stay. */
export async function withServedPlace<T>(
  given: Given<ServeFlags>,
  work: (place: ServedPlace) => Promise<T>,
): Promise<T> {
  const { flags, surroundings, output } = given
  if (connectionOf(flags.connection, surroundings.env) !== undefined)
    return work({ ...(await reachedPlace(given)), migrate: flags.migrate ?? 'never' })
  const server = await startedIn(flags.data ?? '.jobqueue')
  try {
    output.say(
      `No connection was given: ${server.version} is up, a server of our own. Its data stay in ${server.dataDir}.`,
    )
    return await work({ connectionString: server.url, schema: flags.schema ?? 'worker', migrate: 'up' })
  } finally {
    await server.stop()
  }
}

async function startedIn(dataDir: string) {
  // Only here: whoever brings a PostgreSQL needs none of it.
  const { startEmbeddedPostgres } = await import('@jq/embedded')
  try {
    return await startEmbeddedPostgres({ dataDir })
  } catch (error) {
    throw new Refusal((error as Error).message, { cause: error })
  }
}
