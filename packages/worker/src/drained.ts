import type { Logger } from '@jq/core'
import type { Pump } from './pump.ts'
import { Rest } from './wait.ts'

/** How long a stop goes on trying to write outcomes to a database that is away. */
const PATIENCE_MS = 30_000

/** Every outcome reached is recorded, unless the database stays away: then the attempts are reaped, at the cost of a crash. */
export async function drained(pump: Pump, logger: Logger): Promise<{ finished: number; released: number }> {
  const all = pump.drained()
  await Promise.race([all, pump.allJudged()])
  const patience = new Rest()
  const counts = await Promise.race([all, patience.for(PATIENCE_MS).then(() => undefined)])
  patience.nudge()
  if (counts !== undefined) return counts
  logger.error(
    { event: 'worker.outcomesAbandoned', outcomes: pump.abandonOutcomes() },
    'outcomes could not be written before the stop; their attempts will be reaped',
  )
  return all
}
