import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'
import type { Stage } from '../run/stage.ts'

const HOUR = 3_600

export const databaseClock: Fault = {
  name: 'database-clock',
  what: "the server's clock jumps by one or two hours, ahead or back (libfaketime)",
  landsWhen: 'it tells another hour than before, and attempts were running',
  everyMs: 3_000,
  on: ['shifting'],
  async strike(stage, random) {
    const before = await look(stage)
    await stage.server.shiftClock?.(random.pick([0, HOUR, -HOUR, 2 * HOUR, -2 * HOUR]))
    await wait(random.integer(1_500, 3_000))
    const after = await look(stage)
    return { done: { jumped: after.offset - before.offset, running: before.running } }
  },
  landed: ({ done }) => Math.abs(done.jumped as number) > HOUR / 2 && (done.running as number) > 0,
}

/** How many seconds its clock is ahead of ours, and what runs. */
async function look(stage: Stage): Promise<{ offset: number; running: number }> {
  return stage.ask(async (client) => {
    const { rows } = await client.query(
      'select extract(epoch from clock_timestamp())::float8 as now, (select count(*)::int from worker.job_running) as running',
    )
    return { offset: rows[0].now - Date.now() / 1_000, running: rows[0].running }
  })
}
