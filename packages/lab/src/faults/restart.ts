import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'

export const restart: Fault = {
  name: 'restart',
  what: 'the server ends as by a power cut (immediate shutdown), and recovers',
  landsWhen: 'attempts were running, and a statement of some process got no answer',
  everyMs: 9_000,
  async strike(stage, random) {
    const running = await stage.ask(async (client) => {
      const { rows } = await client.query('select count(*)::int as n from worker.job_running')
      return rows[0].n as number
    })
    await stage.server.crash()
    await wait(random.integer(0, 800))
    await stage.server.restart()
    return { done: { running } }
  },
  landed: ({ done, from, at }, { history }) =>
    (done.running as number) > 0 &&
    history.some(
      (event) =>
        (event.did === 'unsure' || event.did === 'trouble') &&
        event.by !== 'nemesis' &&
        event.at > from &&
        event.at < at + 5_000,
    ),
}
