import { InvalidInputError, type Job, type JobBundle, jobqueue, NotFoundError } from '@jq/core'
import { describe, expect } from 'vitest'
import { withIgnoredBundles, withIgnoredJobs, withSynchronousJobs } from '../test-scopes.ts'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, other, type Workshop, work, workshopsOf } from './workshop.ts'

export function scopesConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('inside of withSynchronousJobs', () => {
    // S13
    inWorkshop('a job runs at once, and no row is written', async (shop) => {
      const seen: unknown[] = []
      const worker = shop.worker().register(work, async ({ n }, { job, setProgress }) => {
        await setProgress(1)
        seen.push(n, job.payload, job.attempt, job.state)
        return n
      })
      const added = await withSynchronousJobs(worker, () =>
        shop.queue.add(work, { n: 7 }, { runAfter: '1h' }),
      )
      expect(added.status).toBe('ran')
      expect(seen).toEqual([7, { n: 7 }, 1, 'running'])
      expect(await shop.queue.getJob(added.id)).toBeNull()
      expect(await shop.queue.getStatus()).toEqual({ numJobs: 0, numJobBundles: 0 })
    })

    // S13, W32
    inWorkshop('what a handler throws is thrown to whoever added, and nothing is retried', async (shop) => {
      const thrown = new Error('no')
      let runs = 0
      const worker = shop.worker().register(
        work,
        ({ n }) => {
          runs++
          if (n === 1) throw thrown
          return n
        },
        { maxRetryCount: 3 },
      )
      const outcomes: string[] = []
      await shop.queue.addListener({
        onJobStopped: ({ outcome, willRetry }) => void outcomes.push(`${outcome} ${willRetry}`),
      })
      await withSynchronousJobs(worker, async () => {
        await expect(shop.queue.add(work, { n: 1 })).rejects.toBe(thrown)
        await expect(shop.queue.addMany([0, 1, 2].map((n) => work.with({ n })))).rejects.toBe(thrown)
        await expect(shop.queue.add(other, {})).rejects.toThrow(/no_handler/)
      })
      expect(runs).toBe(3)
      expect(outcomes).toEqual(['failed false', 'succeeded false', 'failed false', 'failed false'])
    })

    inWorkshop('what is refused elsewhere is refused, results and time-outs included', async (shop) => {
      const worker = shop
        .worker()
        .register(
          work,
          ({ n }, { signal }) => (n === 1 ? (1n as unknown) : until('it ends', () => signal.aborted)),
          { timeout: '20ms' },
        )
      await withSynchronousJobs(worker, async () => {
        await expect(shop.queue.add(work, { n: 'none' as never })).rejects.toThrow(/no whole number/)
        await expect(shop.queue.addMany([{ type: 'work', payload: 1n }])).rejects.toThrow(InvalidInputError)
        await expect(shop.queue.addBundle({ type: 'b', origin: 'o', jobs: [] })).rejects.toThrow(
          /empty_bundle/,
        )
        await expect(shop.queue.add(work, { n: 1 })).rejects.toThrow(/bigint/)
        await expect(shop.queue.add(work, { n: 2 })).rejects.toThrow(/longer than its timeout/)
      })
    })

    inWorkshop('jobs that handlers add run at once as well', async (shop) => {
      const order: string[] = []
      const worker = shop.worker().register(work, async ({ n }) => {
        order.push(`begin ${n}`)
        if (n > 0) await jobqueue.add(work, { n: n - 1 })
        order.push(`end ${n}`)
        return null
      })
      await withSynchronousJobs(worker, () => shop.queue.add(work, { n: 2 }))
      expect(order).toEqual(['begin 2', 'begin 1', 'begin 0', 'end 0', 'end 1', 'end 2'])
    })

    // W32
    inWorkshop(
      "a bundle's members run, then its whenStopped jobs, and listeners get the bundle from memory",
      async (shop) => {
        const after: Job[] = []
        const told: (JobBundle | null)[] = []
        const worker = shop
          .worker()
          .register(work, ({ n }) => n * 2)
          .register(other, (_, { job }) => void after.push(job))
        await shop.queue.addListener({
          onJobBundleStopped: async (event) => void told.push(await event.getJobBundle()),
        })
        const jobs = [1, 2].map((n) => work.with({ n }))
        const { id } = await withSynchronousJobs(worker, () =>
          shop.queue.addBundle({ type: 'b', origin: 'o', jobs, whenStopped: [other.with({})] }),
        )
        await until('the listener was told', () => told.length > 0)
        expect(told).toMatchObject([
          { id, type: 'b', numJobs: 2, numJobsStopped: 2, numJobsFailed: 0, epoch: 1 },
        ])
        expect(told[0]?.jobs).toMatchObject([{ bundleId: id, state: 'succeeded', result: 2 }, { result: 4 }])
        expect(after).toMatchObject([{ bundleId: null, afterBundleId: id }])
        expect(await shop.queue.getJobBundle(id)).toBeNull()
      },
    )

    inWorkshop('an open bundle stops when it is sealed', async (shop) => {
      const stops: number[] = []
      const worker = shop.worker().register(work, ({ n }) => n)
      await shop.queue.addListener({
        onJobBundleStopped: async (event) => void stops.push((await event.getJobBundle())?.numJobs as number),
      })
      await withSynchronousJobs(worker, async () => {
        const { id } = await shop.queue.addBundle({
          type: 'b',
          origin: 'o',
          jobs: [work.with({})],
          open: true,
        })
        expect(await shop.queue.addToBundle(id, [work.with({})])).toMatchObject([{ status: 'ran' }])
        expect(stops).toEqual([])
        await shop.queue.sealBundle(id)
      })
      await until('the listener was told', () => stops.length > 0)
      expect(stops).toEqual([2])
    })
  })

  describe('inside of withIgnoredJobs', () => {
    // S15
    inWorkshop('one kind of jobs is ignored, and the others are added', async (shop) => {
      const [ignored, added, single] = await ignoringWork(async () => {
        const results = await shop.queue.addMany([work.with({}), other.with({})])
        return [...results, await shop.queue.add(work, {})]
      })
      expect([ignored, added, single].map((result) => result?.status)).toEqual([
        'ignored',
        'added',
        'ignored',
      ])
      expect((await shop.queue.getJobs()).jobs.map(({ id }) => id)).toEqual([added?.id])
      expect((await shop.queue.add(work, {})).status).toBe('added')
    })

    // W34
    inWorkshop(
      'members of bundles are ignored too, and a bundle without any left as a whole',
      async (shop) => {
        await ignoringWork(async () => {
          const some = await shop.queue.addBundle({
            type: 'b',
            origin: 'o',
            jobs: [work.with({}), other.with({})],
          })
          expect(some.jobs.map(({ status }) => status)).toEqual(['ignored', 'added'])
          expect((await shop.queue.getBundleState(some.id)).bundle.numJobs).toBe(1)

          const none = await shop.queue.addBundle({
            type: 'b',
            origin: 'o',
            jobs: [work.with({})],
            open: true,
          })
          expect(none.jobs).toMatchObject([{ status: 'ignored' }])
          expect(await shop.queue.addToBundle(none.id, [other.with({})])).toMatchObject([
            { status: 'ignored' },
          ])
          await shop.queue.sealBundle(none.id)
          expect(await shop.queue.getJobBundle(none.id)).toBeNull()

          const open = await shop.queue.addBundle({ type: 'b', origin: 'o', jobs: [], open: true })
          expect(await shop.queue.addToBundle(open.id, [work.with({}), other.with({})])).toMatchObject([
            { status: 'ignored' },
            { status: 'added' },
          ])
        })
      },
    )

    inWorkshop('what cannot be is refused all the same, by its place', async (shop) => {
      const bad = { type: 'work', payload: Number.NaN }
      await ignoringWork(() =>
        expect(shop.queue.addMany([work.with({}), bad])).rejects.toThrow(/jobs\[1\]\.payload/),
      )
    })

    inWorkshop('the rest runs at once where withSynchronousJobs stands around it', async (shop) => {
      let runs = 0
      const worker = shop.worker().register(other, () => void runs++)
      const results = await withSynchronousJobs(worker, () =>
        ignoringWork(() => shop.queue.addMany([work.with({}), other.with({})])),
      )
      expect(results.map(({ status }) => status)).toEqual(['ignored', 'ran'])
      expect(runs).toBe(1)
    })
  })

  // S15
  inWorkshop('inside of withIgnoredBundles a bundle is ignored with all its jobs', async (shop) => {
    const bundleOf = (type: string) => ({ type, origin: 'o', jobs: [work.with({}), other.with({})] })
    await withIgnoredBundles(
      ({ type }) => type === 'a',
      async () => {
        const ignored = await shop.queue.addBundle(bundleOf('a'))
        expect(ignored.jobs.map(({ status }) => status)).toEqual(['ignored', 'ignored'])
        await expect(shop.queue.getBundleState(ignored.id)).rejects.toThrow(NotFoundError)
        expect((await shop.queue.addBundle(bundleOf('b'))).jobs.map(({ status }) => status)).toEqual([
          'added',
          'added',
        ])
      },
    )
    expect(await shop.queue.getStatus()).toEqual({ numJobs: 2, numJobBundles: 1 })
  })

  // S16
  inWorkshop(
    'outside of a scope nobody is concerned, however much goes on at the same time',
    async (shop) => {
      const inside = ignoringWork(() => addedOneByOne(shop))
      const outside = addedOneByOne(shop)
      expect(await inside).toEqual(Array(5).fill('ignored'))
      expect(await outside).toEqual(Array(5).fill('added'))
    },
  )

  inWorkshop('threads that take a job which was added inside are outside', async (shop) => {
    const worker = shop
      .worker()
      .register(other, async () => void (await jobqueue.add(work, {}, { runAfter: '1h' })))
    await worker.startThreads(1)
    const { id } = await ignoringWork(() => shop.queue.add(other, {}))
    await shop.stopped(id)
    expect((await shop.queue.getJobs({ type: 'work' })).jobs).toHaveLength(1)
  })
}

function ignoringWork<T>(fn: () => Promise<T>): Promise<T> {
  return withIgnoredJobs(({ type }) => type === 'work', fn)
}

async function addedOneByOne({ queue }: Workshop): Promise<string[]> {
  const statuses: string[] = []
  for (let n = 0; n < 5; n++) statuses.push((await queue.add(work, { n })).status)
  return statuses
}
