import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'
import type { Stage } from '../run/stage.ts'

export const fullDisk: Fault = {
  name: 'full-disk',
  what: "the server's disk is full for some seconds (tmpfs)",
  landsWhen: 'somebody was told 53100, or the server gave up',
  everyMs: 7_000,
  on: ['small'],
  async strike(stage, random) {
    const makeRoom = await stage.server.fillDisk?.()
    await wait(random.integer(2_000, 4_000))
    await makeRoom?.()
    const gaveUp = !(await answers(stage))
    // The server comes back by itself where only a backend panicked, and not where there was no room to recover.
    if (gaveUp) await stage.server.restart()
    return { done: { gaveUp } }
  },
  landed: ({ done, from, at }, { history }) =>
    done.gaveUp === true ||
    history.some(
      (event) =>
        (event.did === 'trouble' || event.did === 'unsure') &&
        event.code === '53100' &&
        event.at > from &&
        event.at < at + 2_000,
    ),
}

async function answers(stage: Stage): Promise<boolean> {
  for (let look = 0; look < 10; look++) {
    const answered = await stage
      .ask((client) => client.query('select 1'))
      .then(
        () => true,
        () => false,
      ) // which is the answer
    if (answered) return true
    await wait(300)
  }
  return false
}
