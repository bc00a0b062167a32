import { inspect } from 'node:util'
import { defineJob, InvalidInputError, JobError, type Logger } from '@jq/core'
import { createJobQueue, migrate } from '@jq/db'
import { createTestDatabase, until } from '@jq/testing'
import { Hand, outcome } from '@jq/testing/conformance'
import { withPassword } from '@jq/testing/lab'
import { createWorker } from '@jq/worker'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createMetrics } from '../src/index.ts'

const CANARY = 'canary7f3a9c'
const work = defineJob('work', {
  payload: z.object({ says: z.string(), fails: z.boolean().default(false) }),
  result: z.string(),
})

// Check 9 of the security checks: payloads, results, error data and passwords are in no log, metric, notification or error.
test('what is in payloads, results, error data and passwords is in no line, metric, notification or error', async () => {
  const database = await createTestDatabase({ serverUrl: inject('pgUrl') })
  onTestFinished(() => database.drop())
  await migrate({ connectionString: database.url })
  const told: unknown[] = []
  const note = (fields: object, message?: string) => void told.push(fields, message)
  const logger: Logger = { debug: note, info: note, warn: note, error: note }
  const listener = new pg.Client(database.url)
  await listener.connect()
  onTestFinished(() => listener.end())
  await listener.query('listen jobqueue_worker')
  listener.on('notification', ({ payload }) => told.push(payload))

  const { url, remove } = await withPassword(database.url, CANARY)
  onTestFinished(remove)
  const queue = createJobQueue({ connectionString: url, logger })
  onTestFinished(() => queue.close())
  const worker = createWorker(queue, { logger }).register(
    work,
    ({ says, fails }) => {
      if (fails) throw new JobError('it went wrong', { data: { says } })
      return says
    },
    { maxRetryCount: 1, retryRule: () => 0 },
  )
  const metrics = createMetrics({ jobqueue: queue, worker, bundles: true })
  onTestFinished(() => metrics.close())
  await queue.addListener({
    onJobStopped: () => Promise.reject(new JobError('no', { data: { says: CANARY } })),
  })
  await worker.startThreads(2)
  await until(
    'the worker sleeps, and is woken by a notification',
    async () => (await database.query('select from worker.sleeper')).length > 0,
  )
  const counted = metrics.jobqueue
  await counted.addMany([work.with({ says: CANARY }), work.with({ says: CANARY, fails: true })])
  await counted.addMany([{ type: 'work', payload: { says: { not: CANARY } } }]) // which its schema refuses
  const refusal = await counted.add(work, { says: { not: CANARY } } as never).catch((error) => error)
  expect(refusal).toBeInstanceOf(InvalidInputError)
  told.push(refusal)
  await counted.addBundle({
    ...{ type: 'album', origin: 'o', jobs: [work.with({ says: CANARY })] },
    whenStopped: [work.with({ says: CANARY })],
  })
  await until('all have stopped', async () => {
    const { succeeded, failed } = await queue.getStats()
    return succeeded + failed === 5
  })
  await until('the listener has thrown', () =>
    told.some((fields) => (fields as { event?: string } | undefined)?.event === 'listener.failed'),
  )
  await until('the bundle is counted', async () =>
    (await metrics.text()).includes('jobqueue_bundles_stopped_total{type="album"'),
  )
  told.push(await metrics.text(), await queue.health())
  await worker.finishThreads()

  // What the database says of a value that it cannot store has parts of that value.
  const hand = await Hand.join(queue, { types: ['odd'] })
  await queue.addMany([{ type: 'odd', payload: CANARY }])
  await hand.settle(outcome.succeeded(await hand.claimOne(), `{"says": ${CANARY}}`))
  expect(told).toContainEqual(expect.objectContaining({ event: 'job.outcomeUnstorable' }))

  const nowhere = createJobQueue({ connectionString: `postgres://me:${CANARY}@127.0.0.1:1/nothing`, logger })
  onTestFinished(() => nowhere.close())
  told.push(await nowhere.health(), inspect(nowhere, INSIDE), inspect(queue, INSIDE))
  told.push(inspect(worker, INSIDE), inspect(metrics, INSIDE))

  expect(told).toContain('available work') // the notification itself
  const events = told.flatMap((fields) => (fields as { event?: string } | undefined)?.event ?? [])
  expect(events).toEqual(expect.arrayContaining(['worker.started', 'job.started', 'job.stopped']))
  expect(inspect(told, INSIDE)).not.toContain(CANARY)
})

const INSIDE = { depth: Number.POSITIVE_INFINITY, maxArrayLength: null, maxStringLength: null }
