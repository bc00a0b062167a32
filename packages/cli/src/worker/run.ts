import type { Logger, WorkerService } from '@jq/core'
import type { HttpServer } from '@jq/http'
import type { JobWorker } from '@jq/worker'
import { counted } from '../confirm.ts'
import type { ExitCode } from '../exit-codes.ts'
import type { Given, Leaf } from '../leaf.ts'
import { Refusal } from '../refusal.ts'
import { listening } from '../serve/listening.ts'
import { reachedPlace } from '../with-queue.ts'
import { endedBySignals } from './drain.ts'
import { loadRegister, type Register } from './load-module.ts'
import { workerLogger } from './worker-logger.ts'
import { type WorkerFlags, workerOptions } from './worker-options.ts'

export const workerRun: Leaf = {
  name: 'run <MODULE>',
  summary: 'work: run the handlers that a module registers',
  about:
    'The default export of the module, JavaScript or TypeScript, is called with the worker and the queue: export default (worker, queue) => { worker.register(sendEmail, handler) }. The first Ctrl-C or SIGTERM lets what runs come to its end, a second one gives it back at once. What the worker has to say goes to stderr, on a terminal in colours, else as lines of JSON; data is what it tells at its end.',
  takes: 'queue',
  options: workerOptions,
  exits: {
    0: 'drained; with --once: what was due has run, whatever its outcome',
    1: 'something went wrong on the way',
    2: 'could not begin: wrong arguments, no such module, no connection, database out of reach, schema not migrated',
    130: 'a second Ctrl-C cut the drain short',
    143: 'a second SIGTERM cut the drain short',
  },
  examples: [
    'jobqueue worker run ./jobs.ts --threads 4',
    'jobqueue worker run ./jobs.js --types send-email,resize-image --probe-port 7001 --probe-host 0.0.0.0',
    'jobqueue worker run ./jobs.ts --once',
  ],
  run,
}

/** Everything of a worker process. */
interface Post {
  readonly given: Given<WorkerFlags>
  readonly queue: WorkerService
  readonly worker: JobWorker
  readonly logger: Logger
}

async function run(given: Given<WorkerFlags>): Promise<ExitCode> {
  const { args, flags } = given
  const register = await loadRegister(args[0] ?? '')
  const place = await reachedPlace(given)
  const logger = await workerLogger(given)
  const [{ createJobQueue }, { createWorker }] = await Promise.all([import('@jq/db'), import('@jq/worker')])
  const queue = createJobQueue({ ...place, migrate: flags.migrate, logger })
  try {
    const worker = await equipped(createWorker(queue, { logger }), queue, register, flags)
    const post = { given, queue, worker, logger }
    return await (flags.once ? workOnce(post) : workUntilTold(post))
  } finally {
    await queue.close()
  }
}

/** @throws Refusal where nothing is left to work on */
async function equipped(
  worker: JobWorker,
  queue: WorkerService,
  register: Register,
  { types }: WorkerFlags,
): Promise<JobWorker> {
  await register(worker, queue)
  const registered = worker.registeredJobTypes()
  const stranger = types?.find((type) => !registered.includes(type))
  if (stranger !== undefined)
    throw new Refusal(
      `The module registers no ${stranger}. It registers: ${registered.join(', ') || 'nothing'}.`,
    )
  if (types !== undefined) worker.unregister(...registered.filter((type) => !types.includes(type)))
  if (worker.registeredJobTypes().length === 0)
    throw new Refusal('The module registers no handler, so that there is nothing to work on.')
  return worker
}

async function workOnce({ given, worker }: Post): Promise<ExitCode> {
  const { run } = await worker.runOnce()
  await given.output.data({ run }, [`${counted(run, 'attempt')} ran`])
  return 0
}

async function workUntilTold(post: Post): Promise<ExitCode> {
  const { given, worker } = post
  const probes = await startProbes(post)
  try {
    return (await endedBySignals({
      start: () => worker.startThreads(given.flags.threads ?? 10),
      drain: (signal) => drained(post, probes?.server, signal),
      stop: () => worker.stopThreads(),
    })) as ExitCode
  } finally {
    await probes?.close()
  }
}

interface Probes {
  readonly server: HttpServer
  close(): Promise<void>
}

/** `/livez`, `/readyz`, `/health` and `/metrics`, where they are wished for. */
async function startProbes({ given, queue, worker, logger }: Post): Promise<Probes | undefined> {
  const { probePort: port, probeHost: host = '127.0.0.1' } = given.flags
  if (port === undefined) return undefined
  const { createMetrics } = await import('@jq/metrics')
  const metrics = createMetrics({ jobqueue: queue, worker })
  const options = { jobqueue: queue, probesOnly: true, metrics: () => metrics.text(), port, host, logger }
  const server = await listening(options, '--probe-port')
  logger.info({ event: 'probes.listening', url: server.url }, 'The probes are at their place')
  return {
    server,
    async close() {
      await server.close({ timeout: '1s' })
      await metrics.close()
    },
  }
}

/** Whoever asks is told first that nothing more is taken. */
async function drained(
  { given, worker, logger }: Post,
  probes: HttpServer | undefined,
  signal: NodeJS.Signals,
): Promise<void> {
  const { grace = '25s' } = given.flags
  logger.info(
    { event: 'worker.told', signal, grace },
    `${signal}: nothing more is claimed, what runs has ${grace} to end; a second signal gives it back at once`,
  )
  void probes?.drain({ timeout: grace })
  const counts = await worker.finishThreads({ timeout: grace })
  await given.output.data(counts, [`${counts.finished} finished, ${counts.released} given back`])
}
