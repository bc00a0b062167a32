import { execFile } from 'node:child_process'

export interface Ended {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program to its end, with this environment and no other, but for the PATH. */
export function runProcess(
  program: string,
  args: readonly string[],
  environment: Record<string, string> = {},
  cwd?: string,
): Promise<Ended> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment }
  return new Promise((resolve) => {
    execFile(program, args, { env, cwd, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : 127
      resolve({ code, stdout, stderr })
    })
  })
}
