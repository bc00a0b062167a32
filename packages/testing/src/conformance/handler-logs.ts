import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, work, workshopsOf } from './workshop.ts'

/** What a handler says is there to be read. */
export function handlerLogsConform(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('what a handler says', () => {
    inWorkshop('can be read once its job has stopped, of each attempt', async (shop) => {
      const worker = shop.worker().register(
        work,
        (_, { log, job }) => {
          log.debug({ of: { two: [1, 2] } })
          log.error({ error: new Error('oh') }, 'trouble')
          if (job.attempt === 1) throw new Error('again')
          return null
        },
        { maxRetryCount: 1, retryRule: () => 1 },
      )
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      const job = await shop.stopped(id)
      const { lines } = await shop.queue.getLog(id)
      expect(lines).toMatchObject(
        [1, 2].flatMap((attempt) => [
          { attempt, level: 'debug', message: null, fields: { of: { two: [1, 2] } } },
          { attempt, level: 'error', message: 'trouble', fields: { error: { message: 'oh' } } },
        ]),
      )
      const [first, last] = [lines[0]?.at.getTime() ?? 0, lines[3]?.at.getTime() ?? 0]
      expect(first).toBeLessThanOrEqual(last)
      expect(Math.abs((job.stoppedAt?.getTime() ?? 0) - last)).toBeLessThan(60_000)
    })

    inWorkshop('is written before its job has stopped', async (shop) => {
      const { work: service } = shop.queue
      const write = service.writeLog.bind(service)
      const [asked, gate] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()]
      service.writeLog = async (...args) => {
        asked.resolve()
        await gate.promise
        return write(...args)
      }
      const worker = shop.worker().register(work, ({ n }, { log }) => {
        if (n === 1) log.info({}, 'done')
        return null
      })
      await worker.startThreads(2)
      const { id } = await shop.queue.add(work, { n: 1 })
      await asked.promise
      await shop.stopped((await shop.queue.add(work, { n: 2 })).id) // whoever has nothing to say waits for nobody
      expect((await shop.queue.getJob(id))?.state).toBe('running')
      gate.resolve()
      await shop.stopped(id)
    })

    inWorkshop('can be read while it goes on', async (shop) => {
      const gate = Promise.withResolvers<void>()
      const worker = shop.worker().register(work, async (_, { log }) => {
        log.info({ page: 1 }, 'begun')
        await gate.promise
        return null
      })
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      const { lines } = await until('its line can be read', async () => {
        const page = await shop.queue.getLog(id)
        return page.lines.length > 0 ? page : null
      })
      expect(lines).toMatchObject([{ attempt: 1, message: 'begun', fields: { page: 1 } }])
      expect((await shop.queue.getJob(id))?.state).toBe('running')
      gate.resolve()
      await shop.stopped(id)
    })

    inWorkshop('is kept up to a bound, and the last line counts the rest', async (shop) => {
      const worker = shop.worker().register(work, ({ n }, { log }) => {
        for (let at = 1; at <= 250; at++) log.info({}, n === 1 ? `line ${at}` : 'x'.repeat(1_000))
        return null
      })
      await worker.startThreads(2)
      const [many, long] = await shop.queue.addMany([work.with({ n: 1 }), work.with({ n: 2 })])
      await shop.stopped(many?.id as string)
      await shop.stopped(long?.id as string)
      const ofMany = (await shop.queue.getLog(many?.id as string, { limit: 1_000 })).lines
      expect(ofMany).toHaveLength(201)
      expect(ofMany[199]).toMatchObject({ message: 'line 200' })
      expect(ofMany[200]).toMatchObject({ level: 'warn', fields: { dropped: 50 } })
      const ofLong = (await shop.queue.getLog(long?.id as string, { limit: 1_000 })).lines
      expect(ofLong).toHaveLength(66)
      expect(ofLong[65]).toMatchObject({ level: 'warn', fields: { dropped: 185 } })
    })

    inWorkshop('may be whatever it likes: no attempt ends for it', async (shop) => {
      const cyclic: Record<string, unknown> = { some: 'thing' }
      cyclic.self = cyclic
      let deep: unknown[] = []
      for (let depth = 0; depth < 50_000; depth++) deep = [deep]
      const trap = {
        get trap() {
          throw new Error('no')
        },
      }
      const odd: unknown[] = [
        cyclic,
        { n: 1n },
        { f: () => 1 },
        { '\0': 'a\0b\ud800' },
        { deep },
        trap,
        'text',
      ]
      const worker = shop.worker().register(work, (_, { log }) => {
        for (const fields of odd) log.info(fields as object, 'a \0 b \ud800')
        log.info({ back: '\\u0000' })
        return null
      })
      await worker.startThreads(1)
      const { id } = await shop.queue.add(work, {})
      expect(await shop.stopped(id)).toMatchObject({ state: 'succeeded' })
      const { lines } = await shop.queue.getLog(id)
      expect(lines).toHaveLength(odd.length + 1)
      expect(lines.map(({ fields }) => fields)).toMatchObject([
        { some: 'thing', self: '[circular]' },
        { n: '1' },
        {},
        { '\ufffd': 'a\ufffdb\ufffd' },
        { deep: expect.any(Array) },
        { unreadable: 'no' },
        'text',
        { back: '\\u0000' },
      ])
      expect(lines[0]?.message).toBe('a \ufffd b \ufffd')
    })
  })
}
