import { defineJob } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import pg from 'pg'
import { expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

const work = defineJob('work', { payload: z.object({ n: z.int() }) })

/** All that we say on our channel, and what nobody would: PostgreSQL lets whoever logs in say anything to everybody. */
const forged = (id: string) => [
  ...['event', 'listener', 'cancel', 'due', 'migrated', 'available', 'canary', 'available work', 'canary x'],
  ...['available constructor', 'available __proto__', `cancel ${id}`, `job_stopped ${id}`, `event ${id}`],
  ...['', ' ', '{', 'null', `{"id":"${id}"}`, 'x'.repeat(7999), '\u{1f4a3}', `'; drop table worker.job; --`],
]

// Check 6 of the security checks: LISTEN and NOTIFY know no privileges.
test('forged notifications make nobody believe anything, run nothing, and harm no process', async () => {
  const universe = await postgresUniverse(inject('pgUrl'))
  onTestFinished(() => universe.close())
  const queue = createJobQueue({ connectionString: universe.url })
  onTestFinished(() => queue.close())
  const gate = Promise.withResolvers<void>()
  const begun: number[] = []
  const signals: AbortSignal[] = []
  const worker = createWorker(queue).register(work, async ({ n }, { signal }) => {
    begun.push(n)
    signals.push(signal)
    await gate.promise
  })
  const heard: string[] = []
  const hears = (name: string) => ({
    onJobStopped: ({ jobId }: { jobId: string }) => void heard.push(`${name} ${jobId}`),
    onJobBundleStopped: () => void heard.push(`${name} a bundle`),
  })
  await queue.addListener(hears('unnamed'))
  await queue.addListener(hears('auditor'), { name: 'auditor' })
  await worker.startThreads(2)
  const [running, later] = await queue.addMany([
    { type: 'work', payload: { n: 1 } },
    { type: 'work', payload: { n: 2 }, runAfter: '1h' },
  ])
  await until('it runs', () => begun.length === 1)

  const forger = new pg.Client(universe.url)
  await forger.connect()
  onTestFinished(() => forger.end())
  const texts = forged(running?.id as string)
  for (let round = 0; round < 20; round++)
    for (const text of texts) await forger.query(`select pg_notify('jobqueue_worker', $1)`, [text])
  // Whoever hears the last of them has heard them all: a job that is added now is looked for after them.
  const { id: after } = await queue.add(work, { n: 3 })
  await until('the next one runs', () => begun.length === 2)

  expect(begun).toEqual([1, 3])
  expect(signals.map(({ aborted }) => aborted)).toEqual([false, false])
  expect(heard).toEqual([])
  expect(await queue.getJob(running?.id as string)).toMatchObject({ state: 'running', attempt: 1 })
  expect(await queue.getJob(later?.id as string)).toMatchObject({ state: 'scheduled', attempt: 0 })
  expect(await queue.health()).toMatchObject({ status: 'ok' })

  gate.resolve()
  const stops = ['unnamed', 'auditor'].flatMap((name) => [`${name} ${running?.id}`, `${name} ${after}`])
  await until('each has heard each stop', () => heard.length >= stops.length)
  for (const text of texts) await forger.query(`select pg_notify('jobqueue_worker', $1)`, [text])
  await worker.finishThreads()
  expect(heard.toSorted()).toEqual(stops.toSorted())
  expect(await universe.broken()).toEqual([])
})
