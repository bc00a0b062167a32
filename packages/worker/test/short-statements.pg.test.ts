import { defineJob } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { withSettings } from '@jq/testing/lab'
import { afterEach, beforeEach, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// A server that lets no statement take longer than a second, in front of outcomes that take their time.

const work = defineJob('work', { payload: z.object({ n: z.int() }) })

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let queue: ReturnType<typeof createJobQueue>
let worker: JobWorker
let gate: PromiseWithResolvers<void>
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  queue = createJobQueue({ connectionString: withSettings(universe.url, { statement_timeout: '1s' }) })
  gate = Promise.withResolvers()
  worker = createWorker(queue).register(work, () => gate.promise)
})
afterEach(async () => {
  await worker.stopThreads()
  await queue.close()
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

test('outcomes that take longer together than the server lets a statement take are recorded in parts', async () => {
  await takesToStop('0.2')
  await endAtOnce(8)
  await succeeded(8)
})

test('an outcome that takes longer than that by itself holds up no other, nor what is claimed next', async () => {
  await takesToStop(`case when new.seq = (select min(seq) from worker.job) then 2 else 0 end`)
  await endAtOnce(4)
  await succeeded(3)
  await queue.add(work, { n: 5 })
  await succeeded(4)
  expect(await universe.queue.getStats()).toMatchObject({ running: 1 })
  await universe.query('drop trigger slowly on worker.job_stopped')
  await succeeded(5)
})

/** Each job takes so many seconds to be written down as one that has stopped. */
async function takesToStop(seconds: string): Promise<void> {
  await universe.queue.health() // the schema is there
  await universe.query(`create function public.slowly() returns trigger language plpgsql as $$
    begin perform pg_catalog.pg_sleep(${seconds}); return new; end $$`)
  await universe.query(
    'create trigger slowly before insert on worker.job_stopped for each row execute function public.slowly()',
  )
}

/** So that one round trip tells of all of them. */
async function endAtOnce(count: number): Promise<void> {
  await queue.addMany(Array.from({ length: count }, (_, n) => work.with({ n })))
  await worker.startThreads(count)
  await until('all run', async () => (await universe.queue.getStats()).running === count)
  gate.resolve()
}

async function succeeded(count: number): Promise<void> {
  const done = async () => (await universe.queue.getStats()).succeeded === count
  await until(`${count} have succeeded`, done, { within: '30s' })
}
