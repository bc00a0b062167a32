import type { WorkerService } from '@jq/core'
import type pg from 'pg'
import { requiredConnectionOf } from './connection.ts'
import type { Given } from './leaf.ts'
import { withConnection } from './reach-database.ts'

/** Where a command finds its queue. */
export interface QueuePlace {
  readonly connectionString: string
  readonly schema: string
}

/** The database and the schema that a command was told. @throws Refusal where none was */
export function placeOf({ flags, surroundings }: Given): QueuePlace {
  return {
    connectionString: requiredConnectionOf(flags.connection, surroundings.env),
    schema: flags.schema ?? 'worker',
  }
}

/** The same, once the database has answered: nobody shall wait half a minute for one that does not. */
export async function reachedPlace(given: Given): Promise<QueuePlace> {
  const place = placeOf(given)
  await withConnection(place.connectionString, async () => undefined)
  return place
}

/** Runs `work` with the queue that a command was told. */
export async function withQueue<T>(given: Given, work: (queue: WorkerService) => Promise<T>): Promise<T> {
  const place = await reachedPlace(given)
  // What the driver and the query builder bring is loaded by those who need it only.
  const { createJobQueue } = await import('@jq/db')
  const queue = createJobQueue({ ...place, origin: 'cli' })
  try {
    return await work(queue)
  } finally {
    await queue.close()
  }
}

/** Asks the stable surface one question: what the queue's own methods do not answer. */
export async function askSurface<Row extends pg.QueryResultRow>(
  given: Given,
  question: (schema: string) => string,
  values: readonly unknown[],
): Promise<Row[]> {
  const { connectionString, schema } = await placeWithSchema(given)
  return withConnection(connectionString, async (client) => {
    const { rows } = await client.query<Row>(question(`"${schema}"`), [...values])
    return rows
  })
}

/** The same place, once the schema is known to be there and to be of this version. */
async function placeWithSchema(given: Given): Promise<QueuePlace> {
  await withQueue(given, (queue) => queue.getSchedules({ limit: 1 }))
  return placeOf(given)
}
