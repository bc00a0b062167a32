import { NotMigratedError } from '@jq/core'
import { until } from '@jq/testing'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { queueOf } from '../../db/src/create-job-queue.ts'
import { checkedOptions } from '../../db/src/job-queue-options.ts'
import { bringUp } from '../../db/src/migrate.ts'
import { type Migration, migrations } from '../../db/src/migrations.ts'
import { createWorker, type JobWorker } from '../src/index.ts'
import { begun, patient, startWorker } from './lab/lab.ts'
import { labJob } from './lab/lab-job.ts'
import { postgresUniverse } from './postgres-universe.ts'

const newest = migrations.length
/** What a claim answers, and what a job is, are more than the release before knows. */
const expansion: Migration = {
  version: newest + 1,
  name: 'expansion',
  oldestReader: Math.max(1, newest - 1),
  sql: `
alter table job add column note text default 'of the new release';
alter type step_row add attribute note text;
do $$
begin
  execute replace(pg_get_functiondef('claim_jobs'::regproc), 'b.payload_version::int', 'b.payload_version::int, b.note');
end
$$;`,
}
/** Takes away what only releases before the last one read. */
const contraction: Migration = {
  version: newest + 2,
  name: 'contraction',
  oldestReader: newest + 1,
  sql: 'select 1;',
}
const next = [...migrations, expansion]
const last = [...next, contraction]

let universe: Awaited<ReturnType<typeof postgresUniverse>>
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(async () => {
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

async function migrated(known: readonly Migration[]): Promise<void> {
  const client = new pg.Client({ connectionString: universe.url })
  await client.connect()
  const ask = async ({ sql, parameters }: { sql: string; parameters: readonly unknown[] }) =>
    (await client.query(sql, [...parameters])).rows
  const { applied } = await bringUp({ ask }, 'worker', known)
  expect(applied).toEqual([known.at(-1)?.name])
  await client.end()
}

/** A worker of code that knows this much of the schema's history. */
function workerOf(known: readonly Migration[], run: () => Promise<void> = async () => undefined): JobWorker {
  const queue = queueOf({ ...checkedOptions({ connectionString: universe.url }), migrations: known })
  const worker: JobWorker = createWorker(queue).register(labJob, async (_, { job }) => {
    await run()
    return { attempt: job.attempt, workerId: worker.id }
  })
  onTestFinished(async () => {
    await worker.stopThreads()
    await queue.close()
  })
  return worker
}

async function added(does: 'end' | 'wait'): Promise<string> {
  const [one] = await universe.queue.addMany([labJob.with({ does })])
  return one?.id as string
}
const succeededBy = (id: string, workerId: string) =>
  until('it is done', async () => {
    const job = await universe.queue.getJob(id)
    return job?.state === 'succeeded' && job.workerId === workerId
  })

// P21
test('workers of the version before go on working on the new schema, beside those of the new one', async () => {
  const old = await startWorker(universe.url, { worker: patient })
  const across = await added('wait')
  await begun(old, across)
  await migrated(next)
  old.process.send({ tell: 'let-go' })
  await succeededBy(across, old.id)
  const gate = Promise.withResolvers<void>()
  const young = workerOf(next, () => gate.promise)
  await young.startThreads(1)
  const held = await added('wait')
  await until('one of the two has it', async () => (await universe.queue.getJob(held))?.workerId !== null)
  // Each has one thread, so that of two jobs each runs one.
  const other = await added('wait')
  await until('the other has it', async () => (await universe.queue.getJob(other))?.workerId !== null)
  old.process.send({ tell: 'let-go' })
  gate.resolve()
  await until('both are done', async () => (await universe.queue.getStats()).succeeded === 3)
  const workers = await Promise.all(
    [held, other].map(async (id) => (await universe.queue.getJob(id))?.workerId),
  )
  expect(new Set(workers)).toEqual(new Set([old.id, young.id]))
  await old.process.kill()
})

// P21
test('a worker that is too old for what the schema has become claims no more, and says why', async () => {
  await migrated(next)
  const old = await startWorker(universe.url, { worker: patient })
  await succeededBy(await added('end'), old.id)
  await migrated(last)
  await old.process.waitFor(
    'it says why',
    (event) =>
      event.said === 'logged' && /which it serves no more. Update the @jq packages/.test(event.error ?? ''),
  )
  const young = workerOf(last)
  const gone = until(
    'it has looked once more',
    () =>
      old.process.events.filter((event) => event.said === 'logged' && event.error !== undefined).length > 3,
  )
  const unsafe = await universe.query(
    `insert into worker.job (id, type, payload, origin) values (gen_random_uuid(), 'lab', '{"does": "end"}', 'o') returning id, seq`,
  )
  await universe.query(`insert into worker.job_available (seq, type, rank) values ($1, 'lab', -1)`, [
    unsafe[0].seq,
  ])
  await gone
  expect(await universe.query('select from worker.job_available')).toHaveLength(1)
  await young.runOnce()
  expect(
    await universe.query('select outcome from worker.job_stopped where seq = $1', [unsafe[0].seq]),
  ).toEqual([{ outcome: 's' }])
  await expect(workerOf(migrations).startThreads(1)).rejects.toThrow(NotMigratedError)
  await old.process.kill()
})

// P21
test('a worker of the new version refuses to work before the migration', async () => {
  await expect(workerOf(next).startThreads(1)).rejects.toThrow(NotMigratedError)
  await expect(workerOf(next).runOnce()).rejects.toThrow(/this code needs/)
})
