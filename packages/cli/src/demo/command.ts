import { connectionOf, type Environment } from '../connection.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { CommonFlags, Given, Leaf } from '../leaf.ts'
import { text } from '../option-kinds.ts'
import { Refusal } from '../refusal.ts'

export const demo: Leaf = {
  name: 'demo [DIR]',
  summary: 'count the files of a folder with two worker processes, of which one is killed',
  about: `DIR: all regular files below this folder (default: this repository without what git ignores). They are counted by jobs of one bundle: bytes, lines, words and sha256 of each. A few jobs fail at first and are tried again; one worker process is killed while it holds jobs, and others do them. The job that follows the bundle adds it all up. The database is a PostgreSQL of its own; in one that is given, a schema of its own, which is dropped at the end.`,
  takes: 'connection',
  options: [text('--data <DIR>', 'keep the database in this folder (default: a temporary one)')],
  exits: {
    0: 'all files were counted',
    1: 'some could not be, or something went wrong on the way',
    2: 'could not begin: wrong arguments, no such folder, database out of reach',
    130: 'ended by Ctrl-C',
    143: 'ended by SIGTERM',
  },
  examples: ['jobqueue demo', 'jobqueue demo ~/photos --json', 'jobqueue demo --data ./demo-data'],
  run,
}

/** What the demo starts its worker processes with; nobody else has use for it. */
export const demoWorker: Leaf = {
  name: 'demo-worker',
  summary: 'is one of the worker processes of the demo',
  hidden: true,
  prints: false,
  examples: ['jobqueue demo'],
  async run() {
    const { workForDemo } = await import('./work-for-demo.ts')
    await workForDemo()
  },
}

interface Flags extends CommonFlags {
  data?: string
}

async function run({ args: [folder], flags, surroundings: { env } }: Given<Flags>): Promise<ExitCode> {
  const database = databaseOf(flags, env)
  const { runDemo } = await import('./run-demo.ts')
  return (await runDemo({
    folder,
    startFolder: startFolder(env),
    database,
    json: flags.json === true,
  })) as ExitCode
}

/** A flag wins over the environment; two flags that contradict each other are refused. */
function databaseOf(
  { connection, data }: Flags,
  env: Environment,
): { dataDir?: string } | { connectionString: string } {
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
