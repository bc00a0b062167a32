import { execFile } from 'node:child_process'
import type { ServerUser } from './server-user.ts'

/** How a program ended, and what it said. */
export interface ProgramEnd {
  readonly succeeded: boolean
  readonly output: string
}

/** Runs a program to its end, as another user if one is given. That it fails, or cannot be started, is an answer too. */
export function runProgram(
  file: string,
  args: readonly string[],
  user: ServerUser | undefined,
): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    execFile(file, args, { ...user, cwd: '/' }, (error, stdout, stderr) => {
      resolve({ succeeded: error === null, output: stdout + stderr || String(error ?? '') })
    })
  })
}
