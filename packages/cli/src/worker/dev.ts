import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { requiredConnectionOf } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { type WorkerFlags, workerOptions } from './worker-options.ts'

export const workerDev: Leaf = {
  name: 'dev <MODULE>',
  summary: 'the same as worker run, and begin anew whenever the module, or what it imports, changes',
  about:
    'A change drains the worker as SIGTERM does, and starts it again (node --watch). For developing: in production use worker run.',
  takes: 'queue',
  options: workerOptions,
  exits: { 0: 'drained', 130: 'ended by Ctrl-C', 143: 'ended by SIGTERM' },
  examples: ['jobqueue worker dev ./jobs.ts --migrate up'],
  run,
}

/** A module cannot be unloaded, so that each version of it runs in a process of its own. */
async function run({ args, flags, typed, surroundings }: Given<WorkerFlags>): Promise<ExitCode> {
  requiredConnectionOf(flags.connection, surroundings.env)
  const command = [process.argv[1] as string, 'worker', 'run', ...args, ...typed]
  const child = spawn(
    process.execPath,
    [...process.execArgv, '--watch', '--watch-preserve-output', ...command],
    {
      stdio: 'inherit',
      env: surroundings.env as NodeJS.ProcessEnv,
    },
  )
  // The terminal sends Ctrl-C to both; who sends a signal to this process alone means the other one too.
  const pass = (signal: NodeJS.Signals) => void child.kill(signal)
  const stay = () => undefined
  process.on('SIGTERM', pass).on('SIGINT', surroundings.stdin.isTTY ? stay : pass)
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  process.off('SIGTERM', pass).off('SIGINT', pass).off('SIGINT', stay)
  return (signal === null ? code : 128 + constants.signals[signal]) as ExitCode
}
