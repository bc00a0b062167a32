import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'

export const pause: Fault = {
  name: 'pause',
  what: 'a worker process stands still beyond its lease, then goes on (SIGSTOP, SIGCONT)',
  landsWhen:
    'an attempt that it held was ended by another process meanwhile, or a late write of it was refused',
  everyMs: 3_000,
  overlaps: true,
  strike: (stage, random) =>
    stage.victims.strikeOne('pause', stage.workers.members, random, async ({ process }) => {
      const ms = random.integer(2_000, 3_500)
      await process.stop()
      await wait(ms)
      process.resume()
      return { ms }
    }),
  landed: ({ workerId, from, at, date }, { state, history }) => {
    const begin = date - (at - from)
    const isLost = state.journal.some(
      ({ what, outcome, workerId: of, at: then }) =>
        what === 'kept' && outcome === 'k' && of === workerId && then > begin && then < date + 1_000,
    )
    return (
      isLost ||
      history.some(
        (event) =>
          event.did === 'refused' && event.workerId === workerId && event.at > from && event.at < at + 5_000,
      )
    )
  },
}
