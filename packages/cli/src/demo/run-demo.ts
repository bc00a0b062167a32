import { realpathSync } from 'node:fs'
import { createJobQueue } from '@jq/db'
import { Interrupted, interruptibly } from '../interruption.ts'
import { withCrew } from './crew.ts'
import { type DatabaseChoice, type DemoDatabase, withDemoDatabase } from './demo-database.ts'
import { type DemoFolder, demoFolder, placed } from './demo-folder.ts'
import { demonstrate, type Ending } from './demonstrate.ts'
import { pathSeenFrom } from './path-below.ts'
import { storyOf } from './story.ts'
import { type Talk, talkTo } from './talk.ts'
import { UnreadableFolders } from './unreadable-folders.ts'

/** What a demo is asked for. */
export interface DemoOptions {
  /** What to count; undefined: this repository. */
  readonly folder: string | undefined
  /** Where the user's relative paths begin. */
  readonly startFolder: string
  readonly database: DatabaseChoice
  /** End with a line of JSON on stdout, and say everything else on stderr. */
  readonly json: boolean
}

/**
 * Shows on real files what the queue does: work by processes, of which one is killed.
 *
 * @returns the exit code
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  // Whoever reads our words may leave before the end, as `head` does; the work goes on.
  process.stdout.on('error', () => undefined)
  const talk = talkTo(options.json ? process.stderr : process.stdout)
  const folder = demoFolder(options.folder, options.startFolder)
  const unreadable = new UnreadableFolders()
  try {
    const ending = await interruptibly((signal) =>
      withDemoDatabase(placedChoice(options), talk, (database) =>
        play({ folder, unreadable, database, talk, signal }),
      ),
    )
    return concluded(ending, unreadable, talk, options)
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error
    talk.say(`${error.message} Nothing is left running.`)
    return error.exitCode
  }
}

function placedChoice({ database, startFolder }: DemoOptions): DatabaseChoice {
  if ('connectionString' in database || database.dataDir === undefined) return database
  return { dataDir: placed(database.dataDir, startFolder) }
}

interface Play {
  readonly folder: DemoFolder
  readonly unreadable: UnreadableFolders
  readonly database: DemoDatabase
  readonly talk: Talk
  readonly signal: AbortSignal
}

async function play({ folder, unreadable, database, talk, signal }: Play): Promise<Ending> {
  const { connectionString, schema, dataDir } = database
  const files = folder.files({
    leaveOut: inside(folder.path, dataDir),
    onUnreadable: (path, error) => unreadable.note(path, error),
  })
  const queue = createJobQueue({ connectionString, schema, migrate: 'up' })
  try {
    return await withCrew(signal, (crew, signal) =>
      demonstrate({ queue, database, crew, talk, signal }, folder.path, files),
    )
  } finally {
    await queue.close()
  }
}

/** The files of the server itself are not to be counted: they change and go while it serves. */
function inside(folder: Buffer, dataDir: string | undefined): (path: Buffer) => boolean {
  if (dataDir === undefined) return () => false
  const hidden = pathSeenFrom(folder, realpathSync.native(dataDir, { encoding: 'buffer' }))
  return (path) => hidden !== undefined && (path.equals(hidden) || pathSeenFrom(hidden, path) !== undefined)
}

function concluded(ending: Ending, unreadable: UnreadableFolders, talk: Talk, { json }: DemoOptions): number {
  talk.say(storyOf(ending, unreadable))
  if (json) process.stdout.write(`${JSON.stringify(figuresOf(ending))}\n`)
  return ending.report.failed > 0 || unreadable.count > 0 ? 1 : 0
}

function figuresOf({ report, seconds }: Ending): object {
  const { files, bytes, lines, words, sha256, jobs, attempts, retries, crashes, recovered } = report
  return { files, bytes, lines, words, sha256, jobs, attempts, retries, crashes, recovered, seconds }
}
