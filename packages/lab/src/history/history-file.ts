import { appendFileSync } from 'node:fs'
import type { Deed } from './history-event.ts'

/** Writes down what a process does. */
export type WriteDown = (...deeds: readonly Deed[]) => void

/**
 * A file of one process's own. Each line is handed to the kernel before the process goes on, so that what it did is known
 * even if it is killed the moment after, and whatever becomes of the database.
 */
export function historyFile(path: string, by: string): WriteDown {
  return (...deeds) => {
    if (deeds.length === 0) return
    const stamp = { by, at: machineMs(), date: Date.now() }
    appendFileSync(path, deeds.map((deed) => `${JSON.stringify({ ...deed, ...stamp })}\n`).join(''))
  }
}

/** Milliseconds of the machine's monotonic clock, the same in all processes. */
export function machineMs(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000
}
