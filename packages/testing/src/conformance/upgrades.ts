import { defineJob, fixedDelay } from '@jq/core'
import { describe, expect } from 'vitest'
import { schemaOf } from './schema-of.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, workshopsOf } from './workshop.ts'

/** A job that was called so first, and whose payload was a name. */
const greet = defineJob('greet', { payload: schemaOf((input: { name: string }) => input) })
/** The same two releases later: it takes a list of names. */
const greetAll = defineJob('greet', {
  payload: schemaOf((input: { names: string[] }) => input),
  result: schemaOf((result: unknown) => result),
  version: 3,
  migrate: (payload, version) => ({ names: [(payload as { name: string }).name, `was ${version}`] }),
})
/** And under another name. */
const welcome = defineJob('welcome', {
  payload: schemaOf((input: { name: string }) => input),
  result: schemaOf((result: unknown) => result),
  aliases: ['greet', 'hello'],
})

const ada = { name: 'Ada' }
const all = { names: ['Ada', 'Grace'] }
const migrated = { names: ['Ada', 'was 1'] }

export function upgradesConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('a payload of an older version', () => {
    inWorkshop('is migrated before it is parsed, at each attempt, and others are not', async (shop) => {
      const old = await shop.queue.add(greet, ada)
      const seen: unknown[] = []
      const worker = shop.worker().register(
        greetAll,
        ({ names }, { job }) => {
          seen.push(names, job.payload.names)
          if (job.attempt === 1) throw new Error('once more')
          return names
        },
        { maxRetryCount: 1, retryRule: fixedDelay(0) },
      )
      await worker.runOnce()
      expect(seen).toEqual(Array(4).fill(migrated.names))
      expect(await shop.queue.getJob(old.id)).toMatchObject({ payload: ada, result: migrated.names })
      const present = await shop.queue.add(greetAll, all)
      await worker.runOnce()
      expect(await shop.queue.getJob(present.id)).toMatchObject({ payload: all, result: all.names })
    })

    inWorkshop('is known as such wherever it was added: alone, in bundles and by schedules', async (shop) => {
      const { queue } = shop
      const seen: string[][] = []
      const worker = shop.worker().register(greetAll, ({ names }) => seen.push(names))
      for (const job of [greet.with(ada), greetAll.with(all), { ...greetAll.with(all), priority: 1 }]) {
        const keyed = { ...job, uniqueKey: 'one' }
        const each = job.version === undefined ? migrated.names : all.names
        await queue.addMany([job, keyed])
        await queue.addBundle({ type: 'b', origin: 'o', jobs: [job], whenStopped: [job] })
        await queue.schedule({ name: 'often', job, every: '1h', runImmediately: true })
        expect((await queue.getSchedule('often'))?.spec.job.version).toBe(job.version)
        await worker.runOnce()
        expect(seen.splice(0)).toEqual(Array(5).fill(each))
        await queue.unschedule('often')
      }
    })

    inWorkshop('that cannot be migrated fails its attempt like any error', async (shop) => {
      const broken = defineJob('greet', {
        ...{ payload: greetAll.schema.payload, version: 2 },
        migrate: async () => {
          throw new Error('nobody knows how')
        },
      })
      const { id } = await shop.queue.add(greet, ada, { maxRetryCount: 1 })
      const worker = shop.worker().register(broken, () => undefined, { retryRule: fixedDelay(0) })
      expect(await worker.runOnce()).toEqual({ run: 2 })
      expect(await shop.queue.getJob(id)).toMatchObject({ state: 'failed', errorMsg: 'nobody knows how' })
    })

    inWorkshop(
      'that is newer than what a process knows waits, as a retry, for one that does',
      async (shop) => {
        const { id } = await shop.queue.add(greetAll, all, { maxRetryCount: 5 })
        const older = shop.worker().register(greet, () => undefined, { retryRule: fixedDelay('1m') })
        await older.runOnce()
        expect((await shop.queue.getAttempts(id))[0]?.errorMsg).toMatch(
          /was stored at version 3, and this process knows greet up to version 1/,
        )
        await shop.universe.age(60_000)
        await shop
          .worker()
          .register(greetAll, ({ names }) => names)
          .runOnce()
        expect(await shop.queue.getJob(id)).toMatchObject({ state: 'succeeded', result: all.names })
      },
    )
  })

  describe('a job of a former name', () => {
    inWorkshop('is claimed by who knows the name as an alias, asleep or not', async (shop) => {
      const before = await shop.queue.add(greet, ada)
      const worker = shop
        .worker({ pollInterval: '1h' })
        .register(welcome, ({ name }, { job }) => `${job.type} ${name}`)
      expect(worker.registeredJobTypes()).toEqual(['welcome'])
      await worker.startThreads(2)
      expect(await shop.stopped(before.id)).toMatchObject({ state: 'succeeded', result: 'greet Ada' })
      for (const type of ['greet', 'hello', 'welcome']) {
        const [added] = await shop.queue.addMany([{ type, payload: ada }])
        const job = await shop.stopped(added?.id as string)
        expect(job).toMatchObject({ type, state: 'succeeded', result: `${type} Ada` })
        expect(welcome.is(job)).toBe(true)
        expect(await shop.queue.getJob(job.id, welcome)).toEqual(job)
      }
      expect((await shop.queue.getWorkers())[0]?.jobTypes).toEqual(['greet', 'hello', 'welcome'])
    })

    inWorkshop(
      'counts towards the concurrency of its handler, and waits no longer for its name',
      async (shop) => {
        let running = 0
        let most = 0
        const ran: string[] = []
        const worker = shop.worker({ pollInterval: '1h' }).register(
          welcome,
          async (_, { job }) => {
            most = Math.max(most, ++running)
            await new Promise(setImmediate)
            running--
            ran.push(job.type)
          },
          { concurrency: 2 },
        )
        const types = [...Array(9).fill('hello'), ...Array(3).fill('welcome')] as string[]
        await shop.queue.addMany(types.map((type) => ({ type, payload: ada })))
        expect(await worker.runOnce()).toEqual({ run: 12 })
        expect(most).toBe(2)
        expect(ran.lastIndexOf('welcome')).toBeLessThan(ran.lastIndexOf('hello'))
        await worker.startThreads(4)
        for (const type of ['greet', 'hello', 'welcome', 'hello']) {
          const [added] = await shop.queue.addMany([{ type, payload: ada }])
          await shop.stopped(added?.id as string)
        }
      },
    )

    inWorkshop('has one handler in a worker, which goes with its type', async (shop) => {
      const worker = shop.worker().register(welcome, () => undefined)
      expect(() => worker.register(greet, () => undefined)).toThrow(/greet has a handler already/)
      worker.unregister('greet')
      expect(worker.registeredJobTypes()).toEqual(['welcome'])
      worker.unregister('welcome').register(greet, () => undefined)
      expect(() => worker.register(welcome, () => undefined)).toThrow(/greet has a handler already/)
    })
  })
}
