import { ClosedError, defineJob, InvalidInputError, jobqueue, runWithService } from '@jq/core'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Hand, outcome } from '../src/conformance/hand.ts'
import { schemaOf } from '../src/conformance/schema-of.ts'
import {
  createMemoryJobQueue,
  type MemoryJobQueue,
  TransactionConflictError,
  withIgnoredJobs,
} from '../src/index.ts'

// What both services promise of { db } stands in the conformance suite; here is what is memory's own.

const work = defineJob('work', { payload: schemaOf((input: number) => input) })

let queue: MemoryJobQueue
beforeEach(() => {
  queue = createMemoryJobQueue({ now: new Date('2026-03-01T12:00:00Z') })
})
afterEach(() => queue.close().catch((error) => expect(error).toBeInstanceOf(ClosedError)))

const numJobs = async () => (await queue.getStatus()).numJobs

test('a transaction answers what its function does, and throws what it throws', async () => {
  expect(await queue.transaction(async () => 7)).toBe(7)
  await expect(queue.transaction(() => Promise.reject(new Error('no')))).rejects.toThrow('no')
})

test('a transaction whose answers have become untrue does nothing and says that it can be run again', async () => {
  const addTwo = (meanwhile: () => Promise<unknown>) =>
    queue.transaction(async (db) => {
      await queue.add(work, 1, { db })
      const { status } = await queue.add(work, 2, { uniqueKey: 'k', db })
      await meanwhile()
      return status
    })
  const conflict = addTwo(() => queue.add(work, 3, { uniqueKey: 'k' }))
  await expect(conflict).rejects.toThrow(TransactionConflictError)
  await expect(conflict).rejects.toMatchObject({ code: 'transaction_conflict' })
  expect(await numJobs()).toBe(1)
  expect(await addTwo(async () => undefined)).toBe('duplicate')
  expect(await numJobs()).toBe(2)
})

test('a conflict shows as soon as something is done after it, and lasts if it is caught', async () => {
  const conflict = queue.transaction(async (db) => {
    await queue.add(work, 1, { uniqueKey: 'k', db })
    await queue.add(work, 2, { uniqueKey: 'k' })
    await expect(queue.add(work, 3, { db })).rejects.toThrow(TransactionConflictError)
  })
  await expect(conflict).rejects.toThrow(TransactionConflictError)
  expect(await numJobs()).toBe(1)
})

test('what workers do meanwhile stays done, progress included', async () => {
  const { id } = await queue.add(work, 1)
  const hand = await Hand.join(queue)
  const claimed = await hand.claimOne()
  await queue.transaction(async (db) => {
    await queue.add(work, 2, { db })
    await hand.progress(claimed, '50')
  })
  expect((await queue.getJob(id))?.progress).toBe(50)
  await queue.transaction(async (db) => {
    await queue.add(work, 3, { db })
    await hand.settle(outcome.succeeded(claimed))
  })
  expect((await queue.getJob(id))?.state).toBe('succeeded')
  expect(await numJobs()).toBe(3)
})

test('its now is when it began, and what falls due while it is open is due at its commit', async () => {
  const { id } = await queue.transaction(async (db) => {
    const added = await queue.add(work, 1, { runAfter: '1h', db })
    await queue.advance('2h')
    return added
  })
  expect(await queue.getJob(id)).toMatchObject({
    state: 'available',
    createdAt: new Date('2026-03-01T12:00:00Z'),
    startAt: new Date('2026-03-01T13:00:00Z'),
  })
})

test('transactions in each other have nothing to do with each other', async () => {
  await queue.transaction(async (outer) => {
    await queue.add(work, 1, { uniqueKey: 'a', db: outer })
    const failing = queue.transaction(async (inner) => {
      expect((await queue.add(work, 2, { uniqueKey: 'a', db: inner })).status).toBe('added')
      throw new Error('only the inner one')
    })
    await expect(failing).rejects.toThrow('only the inner one')
    await queue.transaction((inner) => queue.add(work, 3, { db: inner }))
    expect(await numJobs()).toBe(1)
  })
  expect((await queue.getJobs()).jobs.map(({ payload }) => payload)).toEqual([1, 3])
})

test('jobqueue passes the transaction on to the queue that it is', async () => {
  await runWithService(queue, () =>
    queue.transaction(async (db) => {
      await jobqueue.add(work, 1, { db })
      expect(await numJobs()).toBe(0)
    }),
  )
  expect(await numJobs()).toBe(1)
})

test('what a test ignores is ignored in a transaction too', async () => {
  await withIgnoredJobs(
    ({ payload }) => payload === 1,
    () => queue.transaction((db) => queue.addMany([work.with(1), work.with(2)], { db })),
  )
  expect((await queue.getJobs()).jobs.map(({ payload }) => payload)).toEqual([2])
})

test('a queue that is closed while a transaction is open does nothing of it', async () => {
  const closing = queue.transaction(async (db) => {
    await queue.add(work, 1, { db })
    await queue.close()
    await expect(queue.add(work, 2, { db })).rejects.toThrow(ClosedError)
  })
  await expect(closing).rejects.toThrow(ClosedError)
})

test('only a transaction of this queue that is open is taken for one', async () => {
  const kept = await queue.transaction(async (db) => db)
  const elsewhere = createMemoryJobQueue()
  await elsewhere.transaction(async (db) => {
    const foreign = [db, { query: async () => ({ rows: [] }) }, {}, 7, null]
    for (const handle of foreign) {
      const refused = queue.add(work, 1, { db: handle as never })
      await expect(refused).rejects.toMatchObject({ reason: 'not_a_transaction', path: 'options.db' })
    }
    await expect(queue.resetJobs([], { db })).rejects.toThrow(/not_a_transaction/)
  })
  await expect(queue.add(work, 1, { db: kept })).rejects.toMatchObject({ reason: 'transaction_ended' })
  expect(await numJobs()).toBe(0)
  await elsewhere.close()
})

test('what is not awaited in a transaction is refused after it, and not done outside of it', async () => {
  let late: Promise<unknown> = Promise.resolve()
  await queue.transaction(async (db) => {
    late = expect(queue.add(work, 1, { db })).rejects.toThrow(/transaction_ended/)
  })
  await late
  expect(await numJobs()).toBe(0)
})

test('the handle says that there is no SQL in memory', async () => {
  await queue.transaction(async (db) => {
    await expect(db.query('select 1', [])).rejects.toThrow(InvalidInputError)
    await expect(db.query('select 1', [])).rejects.toThrow(/no_database/)
  })
})
