import { ClosedError, defineJob, type Logger } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { startTcpProxy } from '@jq/testing/lab'
import pg from 'pg'
import { afterEach, beforeEach, expect, inject, onTestFinished, test } from 'vitest'
import { z } from 'zod'
import { createWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// What a first review broke: each must stay mended.

const work = defineJob('work', { payload: z.object({ n: z.int().default(0) }) })

let universe: Awaited<ReturnType<typeof postgresUniverse>>
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
})
afterEach(() => universe.close())

const stopped = (id: string) =>
  until('the job has stopped', async () => {
    const job = await universe.queue.getJob(id)
    return job?.stoppedAt ? job : null
  })

test('errors that cannot be read, and a logger that throws, cost their job and nothing else', async () => {
  const revoked = Proxy.revocable({}, {})
  revoked.revoke()
  const thrown: unknown[] = [
    Object.assign(new Error(), { message: { not: 'text' } }),
    Object.assign(new Error(), { message: 7 }),
    revoked.proxy,
  ]
  const throwing = () => {
    throw new Error('the logger throws')
  }
  const logger: Logger = { debug: throwing, info: throwing, warn: throwing, error: throwing }
  const worker = createWorker(universe.queue, { logger }).register(work, ({ n }) => {
    throw thrown[n]
  })
  await worker.startThreads(2)
  const added = await universe.queue.addMany(thrown.map((_, n) => work.with({ n })))
  for (const { id } of added) expect((await stopped(id)).errorMsg).toBeTruthy()
  await worker.finishThreads()
})

test('a retry rule that answers an impossible date is replaced by the default, and other jobs go on', async () => {
  const worker = createWorker(universe.queue).register(
    work,
    ({ n }) => {
      if (n === 1) throw new Error('no')
    },
    { retryRule: () => new Date(8.64e15), maxRetryCount: 1 },
  )
  await worker.startThreads(1)
  const [bad, good] = await universe.queue.addMany([work.with({ n: 1 }), work.with({ n: 2 })])
  expect((await stopped(good?.id as string)).state).toBe('succeeded')
  expect((await universe.queue.getJob(bad?.id as string))?.state).toMatch(/retrying|available|running|failed/)
  await worker.stopThreads()
})

test('calls in flight are answered although the queue is closed', async () => {
  const queue = createJobQueue({ connectionString: universe.url })
  const adds = Array.from({ length: 200 }, (_, n) => queue.add(work, { n }))
  const reads = Array.from({ length: 40 }, () => queue.getStats())
  await queue.close()
  expect((await Promise.all(adds)).every(({ status }) => status === 'added')).toBe(true)
  expect(await Promise.all(reads)).toHaveLength(40)
  await expect(queue.add(work, {})).rejects.toThrow(ClosedError)
  expect((await universe.queue.getStats()).available).toBe(200)
})

test('a queue that is closed under running threads falls silent, so that others take its jobs', async () => {
  const queue = createJobQueue({ connectionString: universe.url })
  const worker = createWorker(queue, { heartbeatInterval: '200ms', deadFor: '1s' }).register(
    work,
    () => new Promise(() => undefined),
  )
  await worker.startThreads(1)
  const { id } = await queue.add(work, {})
  await until('it runs', async () => (await universe.queue.getJob(id))?.state === 'running')
  await queue.close()
  const heir = createWorker(universe.queue, { reapInterval: '200ms' }).register(work, () => undefined)
  await heir.startThreads(1)
  expect(await stopped(id)).toMatchObject({ state: 'succeeded', crashCount: 1 })
  await heir.finishThreads()
  await worker.stopThreads()
})

test('stopping against a database that has vanished ends, with an error in the log', async () => {
  const proxy = await startTcpProxy(universe.url)
  const queue = createJobQueue({ connectionString: proxy.url(universe.url) })
  const worker = createWorker(queue).register(work, () => undefined)
  await worker.startThreads(1)
  proxy.refuse()
  proxy.cut()
  expect(await worker.finishThreads()).toEqual({ finished: 0, released: 0 })
  await queue.close()
  await proxy.close()
})

// It tells outcomes for half a minute, and each try waits ten seconds for a connection.
test('a worker whose pool gives no connection any more says so, and can be stopped', {
  timeout: 180_000,
}, async () => {
  const lines: string[] = []
  const note = (_: object, message?: string) => void lines.push(message ?? '')
  const says = ({ err }: { err?: Error }, message?: string) => void lines.push(`${message}: ${err?.message}`)
  const logger = { debug: note, info: note, warn: says, error: says } as Logger
  const pool = new pg.Pool({ connectionString: universe.url, max: 1 })
  const queue = createJobQueue({ pool, logger })
  const gate = Promise.withResolvers<void>()
  const begun = Promise.withResolvers<void>()
  const worker = createWorker(queue, { logger }).register(work, () => {
    begun.resolve()
    return gate.promise
  })
  await worker.startThreads(1)
  await universe.queue.add(work, {})
  await begun.promise
  const taken = await pool.connect()
  gate.resolve()
  expect(await worker.finishThreads({ timeout: '1s' })).toMatchObject({ released: 0 })
  expect(lines.join()).toMatch(/step failed.*The pool gave no connection within 10 s/)
  taken.release()
  await queue.close()
  await pool.end()
})

test('counts what finished once, however often it is asked to finish', async () => {
  const gate = Promise.withResolvers<void>()
  let begun = 0
  const worker = createWorker(universe.queue).register(work, () => {
    begun++
    return gate.promise
  })
  await worker.startThreads(3)
  await universe.queue.addMany([1, 2, 3].map((n) => work.with({ n })))
  await until('three have begun', () => begun === 3)
  const first = worker.finishThreads()
  const second = worker.finishThreads()
  gate.resolve()
  expect(await Promise.all([first, second])).toEqual([
    { finished: 3, released: 0 },
    { finished: 3, released: 0 },
  ])
})

test('a payload whose numbers JavaScript cannot hold fails its attempt, and never reaches its handler', async () => {
  const seen: unknown[] = []
  const worker = createWorker(universe.queue).register(work, (payload) => seen.push(payload))
  const [bad, good] = await universe.queue.addMany([work.with({ n: 1 }), work.with({ n: 2 })])
  await universe.query(`update worker.job set payload = '{"n": [1e400]}' where id = $1`, [bad?.id])
  expect(await worker.runOnce()).toEqual({ run: 2 })
  expect(await stopped(bad?.id as string)).toMatchObject({
    state: 'failed',
    errorMsg: expect.stringMatching(/^payload\.n\[0\]: .*\(not_finite\)$/),
  })
  expect((await stopped(good?.id as string)).state).toBe('succeeded')
  expect(seen).toEqual([{ n: 2 }])
})

/** Longer than any of these may take, shorter than the half minute for which a call goes on trying. */
const SOON_MS = 15_000

test('runOnce fails within its timeout where the port is closed, with the error of the connection', async () => {
  const queue = createJobQueue({ connectionString: 'postgres://me@127.0.0.1:1/app' })
  const worker = createWorker(queue).register(work, () => {})
  const running = worker.runOnce({ timeout: 300 })
  await expect(Promise.race([running, tooLate()])).rejects.toMatchObject({ code: 'ECONNREFUSED' })
  expect(worker.unregister('work').registeredJobTypes()).toEqual([]) // it is free again
  await queue.close()
})

test('runOnce fails within its timeout where nothing is answered', async () => {
  const proxy = await startTcpProxy(universe.url)
  proxy.blackhole()
  const queue = createJobQueue({ connectionString: proxy.url(universe.url) })
  const running = createWorker(queue)
    .register(work, () => {})
    .runOnce({ timeout: 300 })
  await expect(Promise.race([running, tooLate()])).rejects.toThrow(
    'The database gave no answer within the timeout of 300 ms.',
  )
  await proxy.close()
  await queue.close()
})

test('a worker that joins after its timeout leaves again', async () => {
  const proxy = await startTcpProxy(universe.url)
  proxy.hold()
  const queue = createJobQueue({ connectionString: proxy.url(universe.url) })
  const running = createWorker(queue)
    .register(work, () => {})
    .runOnce({ timeout: 300 })
  await expect(running).rejects.toThrow('The database gave no answer')
  proxy.pass()
  await until('it has left', async () => {
    const [info] = await universe.queue.getWorkers()
    return info?.stoppedAt
  })
  await queue.close()
  await proxy.close()
})

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error('Nothing came in time')), SOON_MS)
    onTestFinished(() => clearTimeout(timer))
  })
}
