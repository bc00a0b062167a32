import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Tree } from '../src/leaf.ts'
import { runJobqueue } from '../src/run-jobqueue.ts'

/** How a command ended, and what it said. */
export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
  /** What it printed, as one JSON value. */
  json(): any
}

/** What a command finds around it. */
export interface Around {
  readonly env?: Readonly<Record<string, string>>
  /** What is typed, or comes through a pipe. */
  readonly input?: string
  /** True: somebody sits before a terminal of eighty columns. */
  readonly terminal?: boolean
  readonly tree?: Tree
}

/** Runs `jobqueue` in this process, with streams and an environment of its own. */
export async function runHere(args: readonly string[], around: Around = {}): Promise<Said> {
  const { env = {}, input = '', terminal = false, tree } = around
  const [stdin, stdout, stderr] = [stream(terminal), stream(terminal), stream(terminal)]
  stdin.write(input)
  // A terminal stays open for whoever goes on typing.
  if (!terminal) stdin.end()
  const [said, complained] = [text(stdout), text(stderr)]
  const code = await runJobqueue(args, { env, stdin, stdout, stderr }, tree)
  stdout.end()
  stderr.end()
  const [out, err] = await Promise.all([said, complained])
  return { code, out, err, json: () => JSON.parse(out) }
}

function stream(terminal: boolean): PassThrough & { isTTY?: boolean; columns?: number } {
  return Object.assign(new PassThrough(), terminal ? { isTTY: true, columns: 80 } : {})
}
