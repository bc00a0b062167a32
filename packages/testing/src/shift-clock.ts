import { extname } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Arguments for Node.js that start a process with its wall clock shifted, in all of its threads.
 *
 * @param shiftMs - how far ahead the clock is; below 0 it is behind
 * @example
 * spawn(process.execPath, [...shiftClock(-300_000), 'worker.js']) // five minutes behind
 */
export function shiftClock(shiftMs: number): string[] {
  return ['--require', fileURLToPath(preload), '--import', `${preload.href}?ms=${Math.round(shiftMs)}`]
}

/** It lies beside this file, as TypeScript in the workspace and as JavaScript in the package. */
const preload = new URL(`./shifted-clock${extname(new URL(import.meta.url).pathname)}`, import.meta.url)
