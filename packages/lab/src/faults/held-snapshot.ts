import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'

export const heldSnapshot: Fault = {
  name: 'held-snapshot',
  what: 'somebody holds a snapshot open',
  landsWhen: 'it was held to its end, and jobs stopped meanwhile',
  everyMs: 6_000,
  overlaps: true,
  strike: (stage, random) =>
    stage.ask(async (client) => {
      await client.query('begin isolation level repeatable read; select 1')
      await wait(random.integer(3_000, 6_000))
      const { rows } = await client.query(
        'select (select backend_xmin is not null from pg_stat_activity where pid = pg_backend_pid()) as held',
      )
      await client.query('commit')
      return { done: { held: rows[0].held } }
    }),
  landed: ({ done, from, at, date }, { state }) =>
    done.held === true &&
    state.journal.some((row) => row.what === 'stopped' && row.at > date - (at - from) && row.at < date),
}
