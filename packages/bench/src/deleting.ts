import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Database } from './database.ts'

/** As a process does that works: batches for so long within a look, and a look each second. */
const DELETES_MS = 50
const LOOKS_EVERY_MS = 1_000

/** Retention at work beside whatever is measured. @returns what ends it */
export async function deleting({ url }: Database): Promise<() => Promise<void>> {
  const client = new pg.Client(url)
  await client.connect()
  const stop = new AbortController()
  const working = (async () => {
    while (!stop.signal.aborted) {
      const end = performance.now() + DELETES_MS
      do await client.query("select * from worker.delete_outdated('7 days', '30 days', null)")
      while (performance.now() < end)
      await wait(LOOKS_EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined) // the end is no error
    }
  })()
  return async () => {
    stop.abort()
    await working
    await client.end()
  }
}
