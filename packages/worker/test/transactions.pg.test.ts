import { type DbHandle, defineJob, InvalidInputError, type SqlValue } from '@jq/core'
import { createJobQueue } from '@jq/db'
import { until } from '@jq/testing'
import { CamelCasePlugin, Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { z } from 'zod'
import { createWorker, type JobWorker } from '../src/index.ts'
import { postgresUniverse } from './postgres-universe.ts'

// P2: what is added in the caller's transaction is part of it, whatever that transaction is made with. What holds of each operation,
// with PostgreSQL and in memory alike, stands in the conformance suite.

const work = defineJob('work', { payload: z.object({ n: z.int() }) })
const own = defineJob('own', { payload: z.object({ n: z.int() }), result: z.int() })

let universe: Awaited<ReturnType<typeof postgresUniverse>>
let pool: pg.Pool
let kysely: Kysely<unknown>
let worker: JobWorker
const ran: number[] = []
beforeEach(async () => {
  universe = await postgresUniverse(inject('pgUrl'))
  // Parsers that make something else of everything but text: ours must not notice.
  const types = {
    getTypeParser: (oid: number) => (text: string) =>
      oid === pg.types.builtins.TEXT ? text : { foreign: text },
  }
  pool = new pg.Pool({ connectionString: universe.url, types: types as never })
  pool.on('error', () => undefined)
  kysely = new Kysely({ dialect: new PostgresDialect({ pool }), plugins: [new CamelCasePlugin()] })
  ran.length = 0
  worker = createWorker(universe.queue, { pollInterval: '1h', reapInterval: '1h' }).register(
    work,
    ({ n }) => void ran.push(n),
  )
  await worker.startThreads(1)
})
afterEach(async () => {
  await worker.stopThreads()
  await kysely.destroy() // and its pool
  expect(await universe.broken()).toEqual([])
  await universe.close()
})

/** Runs `body` in a transaction of each kind, which ends as `ending` says. */
const kinds: Record<
  string,
  (body: (db: DbHandle) => Promise<void>, ending: 'commit' | 'rollback') => Promise<void>
> = {
  'a Kysely transaction with CamelCasePlugin': async (body, ending) => {
    const rolledBack = new Error('rolled back')
    await kysely
      .transaction()
      .execute(async (trx) => {
        await body(trx)
        if (ending === 'rollback') throw rolledBack
      })
      .catch((error) => {
        if (error !== rolledBack) throw error
      })
  },
  'a pg client': async (body, ending) => {
    const client = await pool.connect()
    await client.query('begin')
    await body(client)
    await client.query(ending)
    client.release()
  },
  'a wrapper of another driver': async (body, ending) => {
    const client = await pool.connect()
    await client.query('begin')
    await body({
      query: async (sql: string, values: SqlValue[]) => ({ rows: (await client.query(sql, values)).rows }),
    })
    await client.query(ending)
    client.release()
  },
}

describe.each(Object.entries(kinds))('in %s', (_, transaction) => {
  // S08
  test('an add that is rolled back leaves no row, no run and no wake-up', async () => {
    const notified: string[] = []
    const listener = new pg.Client({ connectionString: universe.url })
    await listener.connect()
    listener.on(
      'notification',
      ({ payload = '' }) => void (payload.startsWith('canary') || notified.push(payload)),
    )
    await listener.query('listen jobqueue_worker')
    await transaction(async (db) => {
      await universe.queue.add(work, { n: 1 }, { db })
      await universe.queue.addMany([work.with({ n: 2 }), work.with({ n: 3 }, { uniqueKey: 'k' })], { db })
      await universe.queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({ n: 4 })] }, { db })
    }, 'rollback')
    expect(await universe.queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
    await transaction(async (db) => void (await universe.queue.add(work, { n: 5 }, { db })), 'commit')
    await until('the committed one has run', () => ran.length > 0)
    expect(ran).toEqual([5])
    expect(notified.filter((payload) => payload.startsWith('available')).length).toBeLessThanOrEqual(1)
    await listener.end()
  })

  test('nothing starts before the commit, and everything after it', { timeout: 180_000 }, async () => {
    let ids: string[] = []
    await transaction(async (db) => {
      const one = await universe.queue.add(work, { n: 1 }, { db })
      const many = await universe.queue.addMany(
        Array.from({ length: 1_500 }, (_, n) => work.with({ n: n + 2 })),
        { db },
      )
      const bundle = await universe.queue.addBundle(
        { type: 'b', origin: 'o', jobs: [work.with({ n: 0 })], open: true },
        { db },
      )
      await universe.queue.addToBundle(bundle.id, [work.with({ n: -1 })], { db })
      await universe.queue.sealBundle(bundle.id, { db })
      ids = [one.id, ...many.map(({ id }) => id)]
      expect(new Set([one, ...many].map(({ status }) => status))).toEqual(new Set(['added']))
      expect(await universe.queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
      expect(ran).toEqual([])
    }, 'commit')
    await until('all have run', () => ran.length === 1_503, { within: '2m' })
    expect((await universe.queue.getJob(ids[0] as string))?.state).toBe('succeeded')
  })
})

test('a pool, a Kysely outside of a transaction and anything else are refused before anything is sent', async () => {
  for (const db of [pool, kysely, {}, 7, null]) {
    const refused = universe.queue.add(work, { n: 1 }, { db: db as never })
    await expect(refused).rejects.toThrow(InvalidInputError)
    await expect(refused).rejects.toMatchObject({ reason: 'not_a_transaction', path: 'options.db' })
  }
  expect(await universe.queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
})

test('a queue on a pool with parsers of its own reads what it asks all the same', async () => {
  const queue = createJobQueue({ pool })
  const other = createWorker(queue, { pollInterval: '1h' }).register(own, ({ n }) => n + 1)
  await other.startThreads(1)
  const { id } = await queue.add(own, { n: 1 })
  expect(await (await queue.getRunState(id, own)).waitUntilStopped()).toBe(2)
  expect(await queue.getStats()).toMatchObject({ succeeded: 1 })
  expect(await queue.getWorkers()).toEqual(
    expect.arrayContaining([expect.objectContaining({ id: other.id, threads: 1, running: 0 })]),
  )
  expect(await queue.deleteJob(id)).toBe(true)
  await other.finishThreads()
  await queue.close()
})
