import { setTimeout as wait } from 'node:timers/promises'
import pg from 'pg'
import type { Database } from './database.ts'

/** One batch of 500 each five seconds: what a load of 100 jobs/s asks of retention. */
const STEADY_MS = 5_000
/** A process that is late deletes for a second within a look, and looks again a second later. */
const OWN_MS = 1_000

/** Retention at work beside whatever is measured. @returns what ends it */
export async function deleting({ url }: Database, how: 'steady' | 'own'): Promise<() => Promise<void>> {
  const client = new pg.Client(url)
  await client.connect()
  const stop = new AbortController()
  const pause = (ms: number) => wait(ms, undefined, { signal: stop.signal }).catch(() => undefined) // the end is no error
  const working = (async () => {
    while (!stop.signal.aborted) {
      const end = performance.now() + (how === 'own' ? OWN_MS : 0)
      do await client.query("select * from worker.delete_outdated('7 days', '30 days', null)")
      while (performance.now() < end && !stop.signal.aborted)
      await pause(how === 'own' ? OWN_MS : STEADY_MS)
    }
  })()
  return async () => {
    stop.abort()
    await working
    await client.end()
  }
}
