import type { Logger } from '@jq/core'
import type { Given } from '../leaf.ts'
import type { Sink } from '../surroundings.ts'

/** What a worker has to say, to stderr: as lines of JSON, or in colours where somebody watches. */
export async function workerLogger({ flags, surroundings }: Given): Promise<Logger> {
  const { pino } = await import('pino')
  const { stderr, env } = surroundings
  const options = { level: flags.verbose ? 'debug' : 'info', base: null }
  const isWatched = stderr.isTTY === true && !flags.json
  const logger: Logger = pino(options, isWatched ? await colours(stderr, !env.NO_COLOR) : stderr)
  return logger
}

async function colours(stderr: Sink, colorize: boolean): Promise<Sink> {
  const { PinoPretty } = await import('pino-pretty')
  return PinoPretty({ destination: stderr as unknown as NodeJS.WritableStream, colorize, sync: true })
}
