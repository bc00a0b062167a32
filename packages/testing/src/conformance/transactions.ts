import { type DbHandle, InvalidInputError, type JobQueue, NotFoundError, type WorkerService } from '@jq/core'
import { describe, expect } from 'vitest'
import { addOne, Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang } from './universe.ts'
import { work } from './workshop.ts'

/** What `{ db }` promises of each method that takes it, without any worker. */
export function transactionsConform(bigBang: BigBang): void {
  describe('in a transaction', () => {
    inUniverse(bigBang, 'each operation is done by the commit, and by nothing else', async (universe) => {
      const { queue } = universe
      for (const [name, operate] of Object.entries(operations)) {
        const stock = await stocked(queue)
        const before = await everything(queue, stock)
        const failing = universe.transaction(async (db) => {
          await operate(queue, stock, db)
          throw new Error('changed my mind')
        })
        await expect(failing).rejects.toThrow('changed my mind')
        expect(await everything(queue, stock), `${name}, rolled back`).toEqual(before)
        await universe.transaction(async (db) => {
          await operate(queue, stock, db)
          expect(await everything(queue, stock), `${name}, not yet committed`).toEqual(before)
        })
        expect(await everything(queue, stock), `${name}, committed`).not.toEqual(before)
      }
    })

    inUniverse(bigBang, 'what was done in it is seen in it', async (universe) => {
      const { queue } = universe
      await universe.transaction(async (db) => {
        const first = await queue.add(work, { n: 1 }, { uniqueKey: 'k', runAfter: '1h', db })
        expect(first.status).toBe('added')
        const again = await queue.add(work, { n: 2 }, { uniqueKey: 'k', db })
        expect(again).toEqual({ id: first.id, status: 'duplicate' })
        const [same] = await queue.addMany([{ type: 'work', payload: {}, id: first.id }], { db })
        expect(same?.status).toBe('duplicate')
        expect(await queue.cancelJob(first.id, { db })).toBe('cancelled')
        expect(await queue.cancelJob(first.id, { db })).toBe('alreadyStopped')
        const free = await queue.add(work, { n: 3 }, { uniqueKey: 'k', db })
        expect(free.status).toBe('added')
        expect(await queue.resetJob(first.id, { db })).toBe(false)
        expect(await queue.deleteJob(free.id, { db })).toBe(true)
        expect(await queue.resetJob(first.id, { db })).toBe(true)
      })
      expect((await queue.getJobs()).jobs).toMatchObject([{ state: 'available', payload: { n: 1 } }])
    })

    inUniverse(bigBang, 'what others committed meanwhile is seen in it', async (universe) => {
      const { queue } = universe
      await universe.transaction(async (db) => {
        await queue.add(work, { n: 1 }, { db })
        const other = await queue.add(work, { n: 2 }, { uniqueKey: 'k' })
        expect(await queue.add(work, { n: 3 }, { uniqueKey: 'k', db })).toEqual({
          id: other.id,
          status: 'duplicate',
        })
        expect(await queue.deleteJob(other.id, { db })).toBe(true)
      })
      expect((await queue.getJobs()).jobs).toMatchObject([{ payload: { n: 1 } }])
    })

    inUniverse(bigBang, 'what is refused does it no harm', async (universe) => {
      const { queue } = universe
      const stock = await stocked(queue)
      const { numJobs } = await queue.getStatus()
      await universe.transaction(async (db) => {
        await expect(queue.add(work, { n: 1.5 }, { db })).rejects.toThrow(/no whole number/)
        await expect(queue.addMany([{ type: '', payload: 1 }], { db })).rejects.toThrow(InvalidInputError)
        await expect(queue.addToBundle(NOBODY, [work.with({})], { db })).rejects.toThrow(NotFoundError)
        await expect(queue.sealBundle(NOBODY, { db })).rejects.toThrow(NotFoundError)
        expect(await queue.cancelJob(NOBODY, { db })).toBe('notFound')
        expect(await queue.cancelJobBundle(NOBODY, { db })).toBeNull()
        expect(await queue.deleteJobBundle(NOBODY, { db })).toBe(false)
        expect(await queue.resetJobs([stock.waiting, NOBODY], { db })).toBe(1)
        await queue.add(work, { n: 7 }, { db })
      })
      expect((await queue.getStatus()).numJobs).toBe(numJobs + 1)
    })
  })
}

const NOBODY = '00000000-0000-7000-8000-000000000000'

type Stock = { readonly [kind in 'waiting' | 'failed' | 'bundle' | 'empty']: string }

/** A job that waits for its time, one that has failed, and open bundles, with a member and without any. */
async function stocked(queue: WorkerService): Promise<Stock> {
  const failed = await addOne(queue)
  const hand = await Hand.join(queue)
  for (const claimed of await hand.claim(100)) await hand.settle(outcome.failed(claimed)) // what others have left, too
  const waiting = await addOne(queue, { runAfter: '1h' })
  const jobs = [work.with({}, { runAfter: '1h' })]
  const bundle = await queue.addBundle({ type: 'b', origin: 'o', jobs, open: true })
  const empty = await queue.addBundle({ type: 'b', origin: 'o', jobs: [], open: true })
  return { waiting, failed, bundle: bundle.id, empty: empty.id }
}

/** All that a reader can see. */
async function everything(queue: JobQueue, { bundle, empty }: Stock): Promise<unknown> {
  return {
    jobs: (await queue.getJobs({ limit: 1_000 })).jobs,
    bundles: [await queue.getJobBundle(bundle), await queue.getJobBundle(empty)],
    status: await queue.getStatus(),
  }
}

const operations: Record<string, (queue: JobQueue, stock: Stock, db: DbHandle) => Promise<unknown>> = {
  add: (queue, _, db) => queue.add(work, {}, { db }),
  addMany: (queue, _, db) => queue.addMany([work.with({}), work.with({}, { uniqueKey: 'k' })], { db }),
  addBundle: (queue, _, db) => queue.addBundle({ type: 'b', origin: 'o', jobs: [work.with({})] }, { db }),
  addToBundle: (queue, { bundle }, db) => queue.addToBundle(bundle, [work.with({})], { db }),
  sealBundle: (queue, { empty }, db) => queue.sealBundle(empty, { db }),
  resetJob: (queue, { failed }, db) => queue.resetJob(failed, { db }),
  resetJobs: (queue, { failed, waiting }, db) => queue.resetJobs([failed, waiting], { db }),
  cancelJob: (queue, { waiting }, db) => queue.cancelJob(waiting, { db }),
  cancelJobBundle: (queue, { bundle }, db) => queue.cancelJobBundle(bundle, { db }),
  setJobStart: (queue, { waiting }, db) => queue.setJobStart(waiting, new Date(0), { db }),
  deleteJob: (queue, { failed }, db) => queue.deleteJob(failed, { db }),
  deleteJobBundle: (queue, { bundle }, db) => queue.deleteJobBundle(bundle, { db }),
}
