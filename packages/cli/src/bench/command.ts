import { described } from '../columns.ts'
import { requiredConnectionOf } from '../connection.ts'
import { interruptibly } from '../interruption.ts'
import type { Given, Leaf } from '../leaf.ts'
import { count } from '../option-kinds.ts'
import { withOwnSchema } from '../own-schema.ts'
import type { BenchFigures } from './measure.ts'

export const bench: Leaf = {
  name: 'bench',
  summary: 'measure how fast jobs are added, run and begun in this database',
  about:
    'It works in a schema of its own, which is dropped at the end, and keeps the server busy for some seconds. Adding, running and waiting happen in this one process, with handlers that do nothing: what a database and the way to it allow, and nothing about your handlers.',
  takes: 'connection',
  options: [
    count('--jobs <N>', 'so many jobs (default: 10000)', { least: 2, most: 1_000_000 }),
    count('--threads <N>', 'run by so many threads (default: 50)', { least: 1, most: 10_000 }),
    count('--payload-bytes <N>', 'each with so much payload (default: 100)', { most: 1_000_000 }),
    count('--singles <N>', 'so many jobs one by one, for the time until they begin (default: 200)', {
      least: 1,
      most: 100_000,
    }),
  ],
  exits: { 130: 'ended by Ctrl-C', 143: 'ended by SIGTERM' },
  examples: ['jobqueue bench', 'jobqueue bench --jobs 100000 --payload-bytes 1000 --json'],
  run,
}

interface Flags {
  jobs?: number
  threads?: number
  payloadBytes?: number
  singles?: number
}

async function run(given: Given<Flags>): Promise<void> {
  const { flags, surroundings, output } = given
  const { jobs = 10_000, threads = 50, payloadBytes = 100, singles = 200 } = flags
  const connectionString = requiredConnectionOf(flags.connection, surroundings.env)
  const figures = await interruptibly((signal) =>
    withOwnSchema(connectionString, 'jobqueue_bench', async (schema, { host, port, database }) => {
      output.say(
        `Measuring in database ${database} at ${host}:${port}, in the schema ${schema}, which is dropped at the end.`,
      )
      const [{ createJobQueue }, { measured }] = await Promise.all([import('@jq/db'), import('./measure.ts')])
      const queue = createJobQueue({ connectionString, schema, migrate: 'up' })
      try {
        return await measured(queue, { jobs, threads, payloadBytes, singles }, signal)
      } finally {
        await queue.close()
      }
    }),
  )
  await output.data(figures, linesOf(figures))
}

function linesOf({ startLatency, ...figures }: BenchFigures): string[] {
  const { jobs, threads, payloadBytes, singles } = figures
  return [
    `${jobs} jobs of ${payloadBytes} B, ${threads} threads; ${singles} single jobs`,
    ...described([
      ['added together', `${figures.addedTogetherPerSecond}/s`],
      ['added singly, 32 at a time', `${figures.addedSinglyPerSecond}/s`],
      ['run', `${figures.runPerSecond}/s`],
      ['begun after, median', `${startLatency.p50} ms`],
      ['begun after, 95 %', `${startLatency.p95} ms`],
      ['begun after, 99 %', `${startLatency.p99} ms`],
      ['begun after, at most', `${startLatency.max} ms`],
    ]),
  ]
}
