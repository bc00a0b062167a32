import { setTimeout as wait } from 'node:timers/promises'
import type { Evidence, Fault, FaultDeed } from '../nemesis/fault.ts'

export const cut: Fault = {
  name: 'cut',
  what: 'all connections of a process are reset',
  landsWhen: 'there were some, and the process met an error of its connection',
  everyMs: 1_500,
  async strike(stage, random) {
    const { name, workerId, proxy } = random.pick(stage.members)
    const connections = proxy.cut()
    return { victim: name, workerId: workerId ?? undefined, done: { connections } }
  },
  landed: (deed, evidence) => (deed.done.connections as number) > 0 && isFelt(deed, evidence),
}

export const blackHole: Fault = {
  name: 'black-hole',
  what: 'what a process sends, hears, or both, vanishes without a sign, for longer than its lease',
  landsWhen: 'its attempts were ended by others, its late writes refused, or a time-out of its own told it',
  everyMs: 6_000,
  overlaps: true,
  strike: (stage, random) =>
    stage.victims.strikeOne('black-hole', stage.members, random, async ({ proxy }) => {
      const direction = random.pick([undefined, 'fromClients', 'fromServer'] as const)
      proxy.blackhole(direction)
      await wait(random.integer(4_000, 12_000))
      proxy.pass()
      // What a network that comes back makes of connections that have lost something.
      proxy.cut()
      return { direction: direction ?? 'both' }
    }),
  landed: (deed, evidence) => isFelt(deed, evidence) || isRobbed(deed, evidence),
}

/** Whether the victim said that something went wrong, in the time of the fault or soon after. */
function isFelt({ victim, from, at }: FaultDeed, { history }: Evidence): boolean {
  return history.some(
    ({ by, did, at: then }) =>
      by === victim &&
      (did === 'trouble' || did === 'unsure' || did === 'refused') &&
      then >= from &&
      then < at + 10_000,
  )
}

/** Whether attempts of the victim were ended by others, in the time of the fault or soon after. */
function isRobbed({ workerId, from, at, date }: FaultDeed, { state }: Evidence): boolean {
  const begin = date - (at - from)
  return state.journal.some(
    (row) =>
      row.what === 'kept' &&
      row.outcome === 'k' &&
      row.workerId === workerId &&
      row.at > begin &&
      row.at < date + 5_000,
  )
}
