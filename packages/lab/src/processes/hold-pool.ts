import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import type { WriteDown } from '../history/history-file.ts'

/** Takes every connection of a pool for so long, as a handler that never gives one back, and writes down who had to wait. */
export async function holdPool(pool: pg.Pool, ms: number, write: WriteDown): Promise<void> {
  const size = pool.options.max ?? 10
  const taken = await Promise.allSettled(Array.from({ length: size }, () => pool.connect()))
  await pause(ms)
  write({ did: 'poolHeld', waiting: pool.waitingCount, ms })
  for (const client of taken) if (client.status === 'fulfilled') client.value.release()
}
