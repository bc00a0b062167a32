import { setTimeout as wait } from 'node:timers/promises'
import { deeds } from '../history/history-event.ts'
import type { Fault } from '../nemesis/fault.ts'

export const poolExhausted: Fault = {
  name: 'pool-exhausted',
  what: "a handler holds every connection of its process's own pool, for longer than the lease",
  landsWhen: 'the queue stood in line for a connection meanwhile',
  everyMs: 4_000,
  overlaps: true,
  strike: (stage, random) => {
    const owners = stage.workers.members.filter(({ ownsPool }) => ownsPool)
    return stage.victims.strikeOne('pool-exhausted', owners, random, async ({ process }) => {
      const ms = random.integer(1_800, 3_000)
      process.send({ tell: 'hold-pool', ms })
      await wait(ms + 500)
      return { ms }
    })
  },
  landed: ({ victim, from, at, done }, { history }) =>
    deeds(history, 'poolHeld').some(
      ({ by, at: then, waiting, ms }) =>
        by === victim && waiting > 0 && ms === done.ms && then > from && then < at + 5_000,
    ),
}
