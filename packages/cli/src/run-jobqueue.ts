import { createRequire } from 'node:module'
import { Command, CommanderError } from 'commander'
import { addCommands, allExits, type Exit } from './build-command.ts'
import { commandTree } from './command-tree.ts'
import type { Tree } from './leaf.ts'
import { ofThisProcess, type Surroundings } from './surroundings.ts'
import { codeOf, said, withoutPasswords } from './trouble.ts'

/**
 * Runs the command `jobqueue`.
 *
 * @param args - what follows the command's name
 * @returns the exit code; what each means stands in `--help`
 */
export async function runJobqueue(
  args: readonly string[],
  surroundings: Surroundings = ofThisProcess(),
  tree: Tree = commandTree,
): Promise<number> {
  let code = 0
  const command = jobqueue(tree, surroundings, (given) => {
    code = given
  })
  try {
    await command.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    // Commander has said already what it did not understand; help and version end by an error too.
    const isVerbose = args.includes('--verbose') || Boolean(surroundings.env.JOBQUEUE_VERBOSE)
    if (!(error instanceof CommanderError))
      surroundings.stderr.write(`jobqueue: ${said(error, { verbose: isVerbose })}\n`)
    return codeOf(error)
  }
}

function jobqueue(tree: Tree, surroundings: Surroundings, exit: Exit): Command {
  const { stdout, stderr } = surroundings
  const command = new Command('jobqueue')
    .description('A job queue on PostgreSQL: its tables, its workers, its jobs.')
    .version(version())
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void stdout.write(text),
      writeErr: (text) => void stderr.write(withoutPasswords(text)),
      getOutHelpWidth: () => stdout.columns ?? 120,
      getErrHelpWidth: () => stderr.columns ?? 120,
    })
    .showHelpAfterError('(add --help for what there is)')
    .addHelpText('after', allExits())
  addCommands(command, tree, surroundings, exit)
  return command
}

function version(): string {
  const manifest: { version: string } = createRequire(import.meta.url)('../package.json')
  return manifest.version
}
