import { deeds } from '../history/history-event.ts'
import type { Invariant } from './invariant.ts'

export const nothingLeaks: Invariant = {
  id: 'I10',
  what: 'once all processes have finished, by themselves, no connection of theirs is left',
  check({ history, state }) {
    const asked = new Set(deeds(history, 'left').map(({ by }) => by))
    const exited = new Set(deeds(history, 'exited').map(({ process }) => process))
    return [
      ...state.backends.map((shown) => ({ text: `a connection is left: ${shown}` })),
      ...[...asked]
        .filter((name) => !exited.has(name))
        .map((name) => ({ text: `${name} has finished, and something keeps its process alive` })),
    ]
  },
}
