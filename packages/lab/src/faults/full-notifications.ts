import { setTimeout as wait } from 'node:timers/promises'
import type pg from 'pg'
import { deeds } from '../history/history-event.ts'
import type { Fault } from '../nemesis/fault.ts'

export const fullNotifications: Fault = {
  name: 'full-notifications',
  what: 'a listener sleeps in a transaction, and the notification queue of the server is filled',
  landsWhen: 'the queue was full enough to refuse a NOTIFY, and adds were acknowledged meanwhile',
  everyMs: 6_000,
  strike: (stage, random) =>
    stage.ask(async (sleeper) => {
      await sleeper.query('listen lab_noise')
      await sleeper.query('begin')
      await sleeper.query('select 1')
      const usage = await stage.ask(async (noisy) => {
        // In two strides: who asks how full it is has the time to hear the answer.
        await fill(noisy, 0.6)
        await wait(500)
        return fill(noisy, 1)
      })
      await wait(random.integer(1_500, 3_000))
      await sleeper.query('commit')
      return { done: { usage } }
    }),
  landed: ({ done, from, at }, { history }) =>
    (done.usage as number) > 0.95 &&
    deeds(history, 'acked').some((event) => event.at > from && event.at < at),
}

/** @returns how full the queue is then */
async function fill(client: pg.Client, upTo: number): Promise<number> {
  for (let n = 0; n < 500; n++) {
    const { rows } = await client.query('select pg_notification_queue_usage() as usage')
    if (rows[0].usage >= upTo) return rows[0].usage
    const isRefused = await client.query(`select pg_notify('lab_noise', repeat('x', 7900) || $1)`, [n]).then(
      () => false,
      (error: { code?: string }) => error.code === '54000',
    )
    if (isRefused) return 1
  }
  return 0
}
