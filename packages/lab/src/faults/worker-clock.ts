import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../nemesis/fault.ts'

const MINUTE = 60_000

export const workerClock: Fault = {
  name: 'worker-clock',
  what: "a worker's clock jumps by five minutes or a day, ahead or back, or stands still",
  landsWhen: 'an attempt began in that process while its clock was off by more than a minute, or stood',
  everyMs: 3_000,
  overlaps: true,
  strike: (stage, random) =>
    stage.victims.strikeOne('worker-clock', stage.workers.members, random, async ({ process }) => {
      const shift = random.pick([5 * MINUTE, -5 * MINUTE, 1_440 * MINUTE, -1_440 * MINUTE, 0])
      await process.shiftClock(shift)
      if (shift === 0) await process.freezeClock()
      await wait(random.integer(1_000, 2_500))
      return { shift }
    }),
  landed({ victim, from, at, date, done }, { history }) {
    const starts = history.filter(
      (event) => event.did === 'started' && event.by === victim && event.at > from && event.at < at,
    )
    if (done.shift === 0) return new Set(starts.map((event) => event.date)).size < starts.length
    return starts.some((event) => Math.abs(event.date - event.at - (date - at)) > MINUTE)
  },
}
