import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import type { BigBang } from './universe.ts'
import { type CreateWorker, work, workshopsOf } from './workshop.ts'

export function scheduledWorkConforms(bigBang: BigBang, createWorker: CreateWorker): void {
  const inWorkshop = workshopsOf(bigBang, createWorker)

  describe('threads', () => {
    // S95
    inWorkshop(
      'run what is due at once, and a schedule immediately and at its ticks, whatever the poll',
      async (shop) => {
        const { id } = await shop.queue.add(work, {})
        const ticks: (Date | null)[] = []
        await shop
          .worker({ pollInterval: '1h' })
          .register(work, (_, { job }) => {
            if (job.scheduleName === 'often') ticks.push(job.startAt)
          })
          .startThreads(2)
        await shop.stopped(id)
        await shop.queue.schedule({ name: 'often', job: work.with({}), every: '100ms', runImmediately: true })
        await until('it has run immediately, and at some ticks', () => ticks.length >= 5)
        await shop.queue.unschedule('often')
        const apart = ticks
          .slice(2)
          .map((tick, place) => (tick?.getTime() ?? 0) - (ticks[place + 1]?.getTime() ?? 0))
        expect(apart.filter((ms) => ms === 0 || ms % 100 !== 0)).toEqual([])
      },
    )

    // S98 in part: the rest is in the lab
    inWorkshop(
      'of five workers whose callers all ask for it run a schedule as often as its limit says',
      async (shop) => {
        let ran = 0
        const spec = { name: 'twice', job: work.with({}), every: '20ms', noOverlap: true, limit: 2 } as const
        await Promise.all(
          Array.from({ length: 5 }, async () => {
            await shop
              .worker()
              .register(work, () => ++ran)
              .startThreads(1)
            await shop.queue.schedule(spec)
          }),
        )
        await until('it has ended', async () => (await shop.queue.getSchedule('twice'))?.nextRunAt === null)
        expect(await shop.queue.schedule(spec)).toMatchObject({ nextRunAt: null, successCount: 2 })
        expect(ran).toBe(2)
        expect((await shop.queue.getJobs()).jobs).toHaveLength(2)
      },
    )

    // S100
    inWorkshop(
      'run a job so long after it was added, and a schedule first at its next time after its start',
      async (shop) => {
        await shop
          .worker({ pollInterval: '1h' })
          .register(work, () => 1)
          .startThreads(2)
        const { id } = await shop.queue.add(work, {}, { runAfter: '500ms' })
        const startAt = new Date(((await shop.queue.getJob(id))?.createdAt.getTime() as number) + 500)
        for (let caller = 0; caller < 3; caller++)
          await shop.queue.schedule({ name: 'later', job: work.with({}), every: '100ms', startAt, limit: 1 })
        const job = await shop.stopped(id)
        expect(job.attempt).toBe(1)
        expect((job.startedAt?.getTime() as number) - job.createdAt.getTime()).toBeGreaterThanOrEqual(500)
        await until(
          'the schedule has run',
          async () => (await shop.queue.getSchedule('later'))?.successCount === 1,
        )
        const { jobs } = await shop.queue.getJobs({ scheduleName: 'later' })
        // One that a busy machine is late for is the latest of those it missed.
        const after = jobs.map((one) => (one.startAt?.getTime() as number) - startAt.getTime())
        expect(after).toHaveLength(1)
        expect(after.filter((ms) => ms <= 0 || ms % 100 !== 0)).toEqual([])
      },
    )

    // S88 in part: within which time is in the lab
    inWorkshop(
      'abort the run of a schedule that is cancelled, and go on with its next tick',
      async (shop) => {
        const reasons: string[] = []
        await shop
          .worker()
          .register(work, async (_, { job, signal }) => {
            if (reasons.length > 0) return job.scheduleName
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            reasons.push(signal.reason.reason)
            throw signal.reason
          })
          .startThreads(1)
        await shop.queue.schedule({ name: 'long', job: work.with({}), every: '50ms', limit: 1 })
        await shop.running()
        expect(await shop.queue.cancelSchedule('long')).toBe('requested')
        await until(
          'the next one has run',
          async () => (await shop.queue.getSchedule('long'))?.successCount === 1,
        )
        expect(reasons).toEqual(['cancelled'])
        const { jobs } = await shop.queue.getJobs({ scheduleName: 'long' })
        expect(jobs.map(({ state }) => state)).toEqual(['succeeded', 'cancelled'])
      },
    )

    inWorkshop('know a rule by its name, and go on with others where it fails', async (shop) => {
      const failures: Error[] = []
      const ran = new Set<string | null>()
      const worker = shop
        .worker({ onError: (error) => void failures.push(error) })
        .register(work, (_, { job }) => ran.add(job.scheduleName).size)
        .registerSchedule('soon', (after) => new Date(after.getTime() + 30))
        .registerSchedule('bad', () => {
          throw new Error('no such time')
        })
        .registerSchedule('back', (after) => after)
      for (const rule of ['bad', 'back', 'soon'])
        await shop.queue.schedule({ name: rule, job: work.with({}), rule })
      await worker.startThreads(1)
      await until('the good one has run', () => ran.has('soon'))
      await until('the others were told of', () => failures.length >= 2)
      expect([...ran]).toEqual(['soon'])
      expect(failures.map(({ message }) => message)).toContain('no such time')
    })

    inWorkshop('go on with a schedule behind more than a hundred whose rule fails', async (shop) => {
      const ran = new Set<string | null>()
      const worker = shop
        .worker({ onError: () => undefined })
        .register(work, (_, { job }) => ran.add(job.scheduleName).size)
        .registerSchedule('bad', () => {
          throw new Error('no such time')
        })
      for (let nth = 0; nth < 101; nth++)
        await shop.queue.schedule({ name: 'bad', key: `${nth}`, job: work.with({}), rule: 'bad' })
      await shop.queue.schedule({ name: 'good', job: work.with({}), every: '20ms', limit: 1 })
      await worker.startThreads(1)
      await until('the good one has run', () => ran.has('good'))
    })

    inWorkshop('run no schedules where they are told not to, and runOnce runs what is due', async (shop) => {
      const spec = { name: 'hourly', job: work.with({}), every: '1h' } as const
      await shop.queue.schedule(spec)
      await shop.universe.age(3_600_000)
      const without = shop.worker({ schedules: false }).register(work, () => 1)
      expect(await without.runOnce()).toEqual({ run: 0 })
      expect(
        await shop
          .worker()
          .register(work, () => 1)
          .runOnce(),
      ).toEqual({ run: 1 })
      expect(await shop.queue.getSchedule('hourly')).toMatchObject({ successCount: 1 })
    })

    // S46 in part: the rest stands with the handlers
    inWorkshop('have each rule once, and none that is added while they run', async (shop) => {
      const rule = (after: Date) => after
      const worker = shop.worker().registerSchedule('r', rule)
      expect(() => worker.registerSchedule('r', rule)).toThrow(/duplicate_rule/)
      expect(() => worker.registerSchedule('', rule)).toThrow(/invalid_text/)
      expect(() => worker.registerSchedule('s', 5 as never)).toThrow(/invalid_rule/)
      await worker.startThreads(1)
      expect(() => worker.registerSchedule('t', rule)).toThrow(/threads_running/)
    })
  })
}
