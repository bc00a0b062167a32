import type { Readable } from 'node:stream'
import type { Environment } from './connection.ts'

/** Where a command writes: a terminal, a file, or what a test reads. */
export interface Sink {
  readonly isTTY?: boolean | undefined
  readonly columns?: number | undefined
  write(text: string, done?: (error?: Error | null) => void): unknown
  on(event: 'error', hear: (error: Error) => void): unknown
  off(event: 'error', hear: (error: Error) => void): unknown
}

/** What a command sees of the world. */
export interface Surroundings {
  readonly env: Environment
  readonly stdin: Readable & { readonly isTTY?: boolean | undefined }
  /** Data, and nothing else. */
  readonly stdout: Sink
  /** Whatever else is said. */
  readonly stderr: Sink
}

/** The world as this process has it. */
export function ofThisProcess(): Surroundings {
  return { env: process.env, stdin: process.stdin, stdout: process.stdout, stderr: process.stderr }
}
