import { deeds } from '../history/history-event.ts'
import type { Invariant } from './invariant.ts'

export const theDeadHoldNothing: Invariant = {
  id: 'I7',
  what: 'no attempt stays with a process that is dead',
  check({ history, state }) {
    const joined = new Map(deeds(history, 'joined').map(({ by, workerId }) => [by, workerId]))
    const dead = new Set(deeds(history, 'exited').map(({ process }) => joined.get(process)))
    const held = new Map<string, { workerId: string | null; attempt: number | null }>()
    for (const { what, seq, attempt, workerId } of state.journal) {
      if (what === 'claimed') held.set(`${seq}`, { workerId, attempt })
      if (what === 'ended') held.delete(`${seq}`)
    }
    return [...held]
      .filter(([, { workerId }]) => dead.has(workerId ?? undefined))
      .map(([seq, { attempt, workerId }]) => ({
        text: `attempt ${attempt} of seq ${seq} is still held by ${workerId}, which is dead`,
        seq,
      }))
  },
}
