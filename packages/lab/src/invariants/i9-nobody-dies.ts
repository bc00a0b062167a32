import { deeds, type EventOf } from '../history/history-event.ts'
import type { Evidence } from '../nemesis/fault.ts'
import type { Invariant } from './invariant.ts'

export const nobodyDies: Invariant = {
  id: 'I9',
  what: 'no error reached a process itself, and no process died but those that we ended',
  check: ({ history }) => [
    ...deeds(history, 'unhandled').map(({ by, message }) => ({
      text: `${by} met an error that nobody handled: ${message}`,
    })),
    ...deeds(history, 'exited')
      .filter((exit) => !exit.wanted && exit.code !== 0 && !starved(history, exit))
      .map(({ process, code, signal, stderr }) => ({
        text: `${process} ended with ${signal ?? code}: ${stderr}`,
      })),
  ],
}

/** Whether a handler of the process was about to eat all of its memory, of which V8 aborts it. */
function starved(history: Evidence['history'], { process, signal }: EventOf<'exited'>): boolean {
  return signal === 'SIGABRT' && deeds(history, 'starves').some(({ by }) => by === process)
}
