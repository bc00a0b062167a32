import type { Command } from 'commander'
import { CONNECTION_HELP, connectionOf, type Environment } from './connection.ts'
import { Refusal } from './refusal.ts'
import type { Exit } from './run-jobqueue.ts'

interface Flags {
  json?: true
  data?: string
  connection?: string
}

/** Adds `jobqueue demo`. */
export function addDemo(jobqueue: Command, exit: Exit): void {
  jobqueue
    .command('demo')
    .description('count the files of a folder with two worker processes, of which one is killed')
    .argument(
      '[DIR]',
      'take all regular files below this folder (default: this repository without what git ignores)',
    )
    .option('--json', 'end with one line of JSON on stdout; what else is said goes to stderr')
    .option('--data <DIR>', 'keep the database in this folder (default: a temporary one)')
    .option(
      '--connection <URL>',
      `${CONNECTION_HELP}, in a schema of its own that is dropped at the end (default: a PostgreSQL of its own)`,
    )
    .addHelpText('after', HELP)
    .action(async (folder: string | undefined, flags: Flags) => {
      const database = databaseOf(flags, process.env)
      const { runDemo } = await import('./demo/run-demo.ts')
      exit(
        await runDemo({ folder, startFolder: startFolder(process.env), database, json: flags.json === true }),
      )
    })
}

/** A flag wins over the environment; two flags that contradict each other are refused. */
function databaseOf(
  { connection, data }: Flags,
  env: Environment,
): { dataDir?: string } | { connectionString: string } {
  if (data === '') throw new Refusal('--data is empty. Give a folder.')
  if (data !== undefined && connection !== undefined) {
    throw new Refusal('--data keeps a PostgreSQL of its own, --connection uses another. Give one of the two.')
  }
  if (data !== undefined) return { dataDir: data }
  const connectionString = connectionOf(connection, env)
  return connectionString === undefined ? {} : { connectionString }
}

/** Where the user stands: `npm start` goes to the top of the repository first, and leaves the place in INIT_CWD. */
function startFolder(env: Environment): string {
  return (env.npm_lifecycle_event === 'start' && env.INIT_CWD) || '.'
}

const HELP = `
The files are counted by jobs of one bundle: bytes, lines, words and sha256 of each. A few jobs fail at first and are tried
again; one worker process is killed while it holds jobs, and others do them. The job that follows the bundle adds it all up.

Exit codes: 0 all files were counted · 1 some could not be, or something went wrong on the way
            2 could not begin: wrong arguments, no such folder, database out of reach
            130, 143 ended by Ctrl-C, by SIGTERM
Examples:   jobqueue demo
            jobqueue demo ~/photos --json
            jobqueue demo --data ./demo-data`
