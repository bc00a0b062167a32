import { setTimeout as pause } from 'node:timers/promises'
import type pg from 'pg'
import type { WriteDown } from '../history/history-file.ts'

let isHeld = false

/** Takes every connection of a pool for so long, as a handler that never gives one back, and writes down who had to wait. */
export async function holdPool(pool: pg.Pool, ms: number, write: WriteDown): Promise<void> {
  // Two would each hold a part of the pool, and wait for the other's for ever.
  if (isHeld) return
  isHeld = true
  const size = pool.options.max ?? 10
  const taken = await Promise.allSettled(Array.from({ length: size }, () => take(pool)))
  const held = taken.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  await pause(ms)
  write({ did: 'poolHeld', waiting: pool.waitingCount, ms })
  for (const client of held) {
    client.off('error', ignore)
    client.release()
  }
  isHeld = false
}

/** That a connection breaks in our hands is no affair of the process. */
async function take(pool: pg.Pool): Promise<pg.PoolClient> {
  const client = await pool.connect()
  client.on('error', ignore)
  return client
}

function ignore(): void {}
