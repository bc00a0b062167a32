import type { DueSchedule } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import {
  AN_HOUR,
  end,
  FIRST,
  hourly,
  hoursBetween,
  job,
  jobsOf,
  planned,
  scheduleNamed,
  tick,
} from './hourly.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

export function scheduleTicksConform(bigBang: BigBang): void {
  const promise = (what: string, body: (universe: Universe) => Promise<void>) =>
    inUniverse(bigBang, what, body)

  describe('a schedule', () => {
    promise(
      'adds one job a tick, with its name, its tick and its payload, and counts the next from it',
      async (universe) => {
        const { queue } = universe
        const asked = await queue.schedule({ ...hourly, key: 'a', owner: 'me' })
        expect(asked).toMatchObject({
          ...{ name: 'hourly', key: 'a', lastRunAt: null, lastJobId: null, successCount: 0, pausedAt: null },
          spec: { ...hourly, key: 'a', owner: 'me' },
        })
        await tick(universe)
        expect(await jobsOf(queue)).toEqual([])
        for (const hour of [1, 2, 3]) {
          await universe.age(AN_HOUR)
          const { nextRunAt: planned } = await scheduleNamed(queue, 'hourly', 'a')
          await tick(universe)
          const { lastRunAt, nextRunAt, lastJobId } = await scheduleNamed(queue, 'hourly', 'a')
          const jobs = await jobsOf(queue, { scheduleKey: 'a', type: 'work' })
          expect(jobs).toHaveLength(hour)
          expect(jobs.at(-1)).toMatchObject({
            ...{
              id: lastJobId,
              startAt: planned,
              scheduleName: 'hourly',
              scheduleKey: 'a',
              origin: 'hourly',
            },
            ...{ state: 'available', payload: { of: 'the hour' } },
          })
          expect(lastRunAt).toEqual(planned)
          expect(hoursBetween(lastRunAt, nextRunAt)).toBe(1)
          await end(queue, 'succeeded')
        }
        expect(await jobsOf(queue, { scheduleKey: '' })).toEqual([])
        expect(await jobsOf(queue, { scheduleKey: 'a', state: 'succeeded' })).toHaveLength(3)
      },
    )
    promise(
      'makes up for what was missed as misfire says: for none, the latest, or each',
      async (universe) => {
        const { queue } = universe
        for (const misfire of ['skip', 'once', 'all'] as const)
          await queue.schedule({ ...hourly, key: misfire, misfire, noOverlap: false })
        await universe.age(5.5 * AN_HOUR)
        await tick(universe)
        for (const [misfire, count] of [
          ['skip', 0],
          ['once', 1],
          ['all', 5],
        ] as const) {
          const jobs = await jobsOf(queue, { scheduleKey: misfire })
          expect(jobs, misfire).toHaveLength(count)
          const { nextRunAt } = await scheduleNamed(queue, 'hourly', misfire)
          const before = jobs.toReversed().map(({ startAt }) => hoursBetween(startAt, nextRunAt))
          expect(before, misfire).toEqual(Array.from({ length: count }, (_, n) => n + 1))
        }
        // Not half an hour ago, nor half an hour too late: the next one is as it would have been.
        await universe.age(AN_HOUR / 2)
        await tick(universe)
        expect(await jobsOf(queue, { scheduleKey: 'skip' })).toHaveLength(1)
      },
    )
    // S84
    promise('has no tick while a run lasts, and makes up for those as misfire says', async (universe) => {
      const { queue } = universe
      const policies = ['skip', 'once', 'all'] as const
      for (const misfire of policies) await queue.schedule({ ...hourly, key: misfire, misfire })
      await universe.age(AN_HOUR)
      await tick(universe)
      for (let hour = 0; hour < 3; hour++) {
        await universe.age(AN_HOUR)
        await tick(universe)
      }
      for (const misfire of policies)
        expect(await jobsOf(queue, { scheduleKey: misfire }), misfire).toHaveLength(1)
      await universe.age(AN_HOUR / 2)
      const counts = { skip: [1, 1, 1, 1], once: [2, 2, 2, 2], all: [2, 3, 4, 4] }
      for (let run = 0; run < 4; run++) {
        await end(queue, 'succeeded')
        await tick(universe)
        for (const misfire of policies)
          expect(await jobsOf(queue, { scheduleKey: misfire }), misfire).toHaveLength(
            counts[misfire][run] as number,
          )
      }
    })
    // S95 in part: the rest is with the threads
    promise(
      'that shall run immediately adds a job at once, if it is new, and the next at its first tick',
      async (universe) => {
        const { queue } = universe
        const spec = { ...hourly, runImmediately: true }
        const { lastJobId, lastRunAt } = await queue.schedule(spec)
        expect(await queue.getJob(lastJobId as string)).toMatchObject({
          state: 'available',
          scheduleName: 'hourly',
          startAt: lastRunAt,
        })
        await queue.schedule(spec)
        await end(queue, 'succeeded')
        await tick(universe)
        expect(await jobsOf(queue)).toHaveLength(1)
        await universe.age(AN_HOUR)
        await tick(universe)
        expect(await jobsOf(queue)).toHaveLength(2)
      },
    )
    promise("that starts later has its first tick at its rule's next time after that", async (universe) => {
      const { queue } = universe
      const { nextRunAt: inAnHour } = await queue.schedule({ ...hourly, key: 'now' })
      const later = await queue.schedule({ ...hourly, key: 'later', startAt: inAnHour as Date })
      expect(hoursBetween(inAnHour, later.nextRunAt)).toBe(1)
      const after = await queue.schedule({ ...hourly, key: 'after', runAfter: '30m' })
      expect(hoursBetween(inAnHour, after.nextRunAt)).toBeCloseTo(0.5, 1)
      // From a start that is over an interval goes on in its own steps, and makes up for none.
      const past = await queue.schedule({
        ...hourly,
        key: 'past',
        startAt: new Date((inAnHour as Date).getTime() - 3.25 * AN_HOUR),
      })
      expect(hoursBetween(past.nextRunAt, inAnHour)).toBeCloseTo(0.25, 1)
      const cron = await queue.schedule({
        name: 'cron',
        job,
        cron: '30 4 1 1 *',
        startAt: new Date('2031-06-01'),
      })
      expect(cron.nextRunAt).toEqual(new Date('2032-01-01T04:30:00Z'))
      const vienna = { cron: '30 4 1 1 *', timeZone: 'Europe/Vienna', startAt: new Date('2031-06-01') }
      expect((await queue.schedule({ name: 'cron', job, ...vienna })).nextRunAt).toEqual(
        new Date('2032-01-01T03:30:00Z'),
      )
    })
    promise('leaves out a tick while a job elsewhere holds the unique key of its jobs', async (universe) => {
      const { queue } = universe
      await queue.addMany([{ ...job, uniqueKey: 'k' }])
      await queue.schedule({ ...hourly, job: { ...job, uniqueKey: 'k' } })
      await universe.age(AN_HOUR)
      await tick(universe)
      expect(await jobsOf(queue)).toEqual([])
      await end(queue, 'succeeded')
      await universe.age(AN_HOUR)
      await tick(universe)
      expect(await jobsOf(queue)).toMatchObject([{ uniqueKey: 'k' }])
    })

    promise(
      'is read page by page where many are due: those without a time first, then by their times',
      async (universe) => {
        const { queue } = universe
        const startAt = new Date(Date.now() - 60_000)
        for (const key of ['b', 'a', 'c']) await queue.schedule({ ...hourly, key, startAt })
        for (const key of ['y', 'x']) await queue.schedule({ name: 'ruled', key, job, rule: 'r' })
        await queue.schedule({ name: 'foreign', job, rule: 'of others' })
        await universe.age(AN_HOUR)
        await queue.schedule(hourly)
        const pages: string[][] = []
        let after: DueSchedule | null = null
        do {
          const page: readonly DueSchedule[] = await queue.work.dueSchedules(['r'], { after, limit: 2 })
          pages.push(page.map(({ key }) => key))
          after = page.at(-1) ?? null
        } while (after !== null)
        expect(pages).toEqual([['x', 'y'], ['a', 'b'], ['c'], []])
      },
    )

    promise('does not hear of who read it before it was changed, or moved on', async (universe) => {
      const { queue } = universe
      await queue.schedule({ ...hourly, noOverlap: false, misfire: 'all' })
      await universe.age(3.5 * AN_HOUR)
      const early = (await queue.work.dueSchedules([], FIRST)).map(planned)
      await queue.schedule({ ...hourly, noOverlap: false, misfire: 'once' })
      expect(await queue.work.runTicks(early)).toBe(0)
      expect(await jobsOf(queue)).toEqual([])
      const late = (await queue.work.dueSchedules([], FIRST)).map(planned)
      await tick(universe)
      await universe.age(AN_HOUR)
      await tick(universe)
      const { nextRunAt } = await scheduleNamed(queue)
      expect(await queue.work.runTicks(late)).toBe(0)
      expect(await scheduleNamed(queue)).toMatchObject({ nextRunAt })
      expect(await jobsOf(queue)).toHaveLength(2)
    })
  })
}
