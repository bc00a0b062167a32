import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { addDemo } from './demo-command.ts'
import { addDemoWorker } from './demo-worker-command.ts'
import { addMigrate } from './migrate-command.ts'
import { Refusal } from './refusal.ts'

/**
 * Runs the command `jobqueue`.
 *
 * @param args - what follows the command's name
 * @returns the exit code; what each means stands in the `--help` of its command
 */
export async function runJobqueue(args: readonly string[]): Promise<number> {
  let code = 0
  const command = jobqueue((given) => {
    code = given
  })
  try {
    await command.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // Commander has said already what it did not understand; help and version end by an error too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
    console.error(`jobqueue: ${said(error)}`)
    return isRefusal(error) ? 2 : 1
  }
}

/** Takes the exit code of a command that ran to its end. */
export type Exit = (code: number) => void

function jobqueue(exit: Exit): Command {
  const command = new Command('jobqueue')
    .description('A job queue on PostgreSQL: its migrations, and a demo of it.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(add --help for what there is)')
  addMigrate(command, exit)
  addDemo(command, exit)
  addDemoWorker(command)
  return command
}

function version(): string {
  const manifest: { version: string } = createRequire(import.meta.url)('../package.json')
  return manifest.version
}

/** What is foreseen has a code and is said in a sentence; what nobody foresaw, with its stack, so that it can be reported. */
function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const foreseen = error instanceof Refusal || 'code' in error
  return foreseen ? error.message : (error.stack ?? error.message)
}

/** What the queue refuses for its input, the user has typed. */
function isRefusal(error: unknown): boolean {
  return error instanceof Refusal || (error as { code?: unknown }).code === 'invalid_input'
}
