import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'

/** Ends a connection, of which the driver may wait for an end that has long come. */
export async function endClient(client: pg.Client): Promise<void> {
  const patience = new AbortController()
  const late = wait(5_000, undefined, { signal: patience.signal }).catch(() => undefined) // it is aborted once the end has come
  await Promise.race([client.end().catch(() => undefined), late]) // one that cannot be ended is gone
  patience.abort()
}
