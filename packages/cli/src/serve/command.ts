import type { Logger, WorkerService } from '@jq/core'
import type { HttpServer, ServeOptions } from '@jq/http'
import type { JobWorker } from '@jq/worker'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { endedBySignals } from '../worker/drain.ts'
import { workerLogger } from '../worker/worker-logger.ts'
import { listening } from './listening.ts'
import { readyHandlers } from './ready-handlers.ts'
import { type ServeFlags, serveOptions } from './serve-options.ts'
import { withServedPlace } from './served-place.ts'

export const serveCommand: Leaf = {
  name: 'serve',
  summary: 'serve the HTTP API, and work on e-mails and webhooks, in one process',
  about:
    'POST /jobs takes jobs of the types email and webhook; a worker in the same process runs them. Without a connection it starts a PostgreSQL of its own and keeps its data. Whoever can reach it from other machines must send the token. One line says where it serves, once it does. The first Ctrl-C or SIGTERM takes readiness down, refuses new requests, lets what runs come to its end and gives back the rest; a second one stops at once.',
  takes: 'queue',
  options: serveOptions,
  exits: {
    0: 'drained',
    1: 'something went wrong on the way',
    2: 'could not begin: wrong arguments, the port is taken, database out of reach, schema not migrated',
    130: 'a second Ctrl-C cut the drain short',
    143: 'a second SIGTERM cut the drain short',
  },
  examples: [
    'jobqueue serve',
    'jobqueue serve --connection postgres://app@db/app --migrate up --host 0.0.0.0',
    'jobqueue serve --only worker --threads 20 --webhook-allow 127.0.0.1:9000',
  ],
  run,
}

async function run(given: Given<ServeFlags>): Promise<ExitCode> {
  return withServedPlace(given, async (place) => {
    const logger = await workerLogger(given)
    const { createJobQueue } = await import('@jq/db')
    const queue = createJobQueue({ ...place, logger })
    try {
      await queue.getSchedules({ limit: 1 }) // the schema is there, and of this version
      return await served(given, queue, logger)
    } finally {
      await queue.close()
    }
  })
}

async function served(given: Given<ServeFlags>, queue: WorkerService, logger: Logger): Promise<ExitCode> {
  const { flags, output } = given
  const handlers = await readyHandlers(flags)
  const worker = flags.only === 'api' ? undefined : await workerFor(queue, logger)
  for (const handler of handlers) if (worker) handler.registerAt(worker)
  const { createMetrics } = await import('@jq/metrics')
  const metrics = createMetrics({ jobqueue: queue, worker })
  try {
    const server = await listening(
      {
        jobqueue: metrics.jobqueue,
        jobs: handlers.map(({ job }) => job),
        probesOnly: flags.only === 'worker',
        metrics: () => metrics.text(),
        auth: authOf(flags),
        port: flags.port ?? 8080,
        host: flags.host ?? '127.0.0.1',
        logger,
      },
      '--port',
    )
    try {
      return (await endedBySignals({
        start: async () => {
          await worker?.startThreads(flags.threads ?? 10)
          await output.data({ url: server.url }, [`jobqueue serves at ${server.url}`])
        },
        drain: (signal) => drained(given, server, worker, logger, signal),
        stop: () => worker?.stopThreads() ?? Promise.resolve(),
      })) as ExitCode
    } finally {
      await worker?.stopThreads()
      await server.close({ timeout: '1s' })
    }
  } finally {
    await metrics.close()
    await Promise.all(handlers.map((handler) => handler.close()))
  }
}

async function workerFor(queue: WorkerService, logger: Logger): Promise<JobWorker> {
  const { createWorker } = await import('@jq/worker')
  return createWorker(queue, { logger })
}

/** Whoever asks is told first that nothing more is taken; the database is needed until the last answer is given. */
async function drained(
  { flags, output }: Given<ServeFlags>,
  server: HttpServer,
  worker: JobWorker | undefined,
  logger: Logger,
  signal: NodeJS.Signals,
): Promise<void> {
  const timeout = flags.grace ?? '25s'
  logger.info(
    { event: 'service.draining', signal, grace: timeout },
    `${signal}: no request and no job is taken any more, what runs has ${timeout} to end; a second signal stops at once`,
  )
  const [{ remaining }, counts] = await Promise.all([
    server.drain({ timeout }),
    worker?.finishThreads({ timeout }),
  ])
  logger.info({ event: 'service.stopped', remaining, ...counts }, 'The service has stopped')
  output.say(counts ? `${counts.finished} finished, ${counts.released} given back` : 'stopped')
}

function authOf({ token, readToken }: ServeFlags): ServeOptions['auth'] {
  const tokens = [
    ...(token === undefined ? [] : [{ token, name: 'token' }]),
    ...(readToken === undefined ? [] : [{ token: readToken, name: 'read-token', can: ['read'] as const }]),
  ]
  return tokens.length === 0 ? undefined : { tokens }
}
