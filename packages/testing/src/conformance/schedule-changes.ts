import { defineJob, type ScheduleSpec } from '@jq/core'
import { describe, expect } from 'vitest'
import { Hand, outcome } from './hand.ts'
import { AN_HOUR, end, hourly, hoursBetween, job, jobsOf, SILENT, scheduleNamed, tick } from './hourly.ts'
import { inUniverse } from './in-universe.ts'
import { schemaOf } from './schema-of.ts'
import type { BigBang, Universe } from './universe.ts'

export function scheduleChangesConform(bigBang: BigBang): void {
  const promise = (what: string, body: (universe: Universe) => Promise<void>) =>
    inUniverse(bigBang, what, body)

  describe('a schedule', () => {
    // S85
    promise(
      'that cannot be is refused, and one whose rule nobody knows has no tick until somebody does',
      async (universe) => {
        const { queue } = universe
        const refused = [
          [{ cron: '61 * * * *' }, 'invalid_cron'],
          [{ cron: '0 0 30 2 *' }, 'cron_never_fires'],
          [{ cron: '* * * * *', timeZone: 'Mars/Olympus' }, 'invalid_time_zone'],
          [{ every: '1h', timeZone: 'UTC' }, 'conflicting_options'],
          [{}, 'conflicting_options'],
          [{ every: '1h', cron: '* * * * *' }, 'conflicting_options'],
          [{ every: '1h', rule: 'r' }, 'conflicting_options'],
          [{ every: 0 }, 'invalid_duration'],
          [{ every: '1h', startAt: new Date(), runAfter: '1s' }, 'conflicting_options'],
          [{ every: '1h', misfire: 'twice' }, 'invalid_option'],
          [{ every: '1h', limit: 0 }, 'invalid_count'],
          [{ every: '1h', noOverlap: 'no' }, 'not_a_boolean'],
          [{ every: '1h', name: '' }, 'invalid_text'],
          [{ every: '1h', key: 'k'.repeat(513) }, 'too_long'],
          [{ every: '1h', evry: 1 }, 'unknown_option'],
          [{ every: '1h', job: { ...job, id: '00000000-0000-7000-8000-000000000000' } }, 'not_in_template'],
          [{ every: '1h', job: { ...job, runAfter: 5 } }, 'not_in_template'],
        ] as const
        for (const [what, reason] of refused)
          await expect(
            queue.schedule({ name: 'n', job, ...what } as ScheduleSpec),
            reason,
          ).rejects.toMatchObject({ reason })
        expect((await queue.getSchedules()).schedules).toEqual([])
        expect((await queue.schedule({ name: 'hourly', job, rule: 'mine' })).nextRunAt).toBeNull()
        await universe.age(AN_HOUR)
        await tick(universe)
        expect(await jobsOf(queue)).toEqual([])
        const rules = { mine: (after: Date) => new Date(after.getTime() + AN_HOUR) }
        await tick(universe, rules)
        expect((await scheduleNamed(queue)).nextRunAt).not.toBeNull()
        expect(await jobsOf(queue)).toEqual([])
        await universe.age(AN_HOUR)
        await tick(universe) // by somebody who does not know it
        expect(await jobsOf(queue)).toEqual([])
        await tick(universe, rules)
        expect(await jobsOf(queue)).toHaveLength(1)
        await tick(universe, { mine: () => null })
        await universe.age(AN_HOUR)
        await end(queue, 'succeeded')
        await tick(universe, { mine: () => null })
        expect((await scheduleNamed(queue)).nextRunAt).toBeNull()
        expect(await jobsOf(queue)).toHaveLength(2)
      },
    )
    // S87
    promise(
      'that is scheduled again keeps its tick, or gets an earlier one, and its running job goes on',
      async (universe) => {
        const { queue } = universe
        const first = await queue.schedule(hourly)
        await universe.age(AN_HOUR / 2)
        const { nextRunAt } = await scheduleNamed(queue)
        expect((await queue.schedule(hourly)).nextRunAt).toEqual(nextRunAt)
        expect((await queue.schedule({ ...hourly, runAfter: '5h' })).nextRunAt).toEqual(nextRunAt)
        expect((await queue.schedule({ ...hourly, every: '1m' })).nextRunAt?.getTime()).toBeLessThan(
          first.nextRunAt?.getTime() as number,
        )
        await universe.age(60_000)
        await tick(universe)
        const hand = await Hand.join(queue, SILENT)
        const running = await hand.claimOne()
        const again = await queue.schedule({ ...hourly, every: '1m', job: { ...job, payload: 'new' } })
        expect(again).toMatchObject({ lastJobId: running.job.id, spec: { job: { payload: 'new' } } })
        await universe.age(120_000)
        await tick(universe)
        expect(await jobsOf(queue)).toHaveLength(1)
        expect(await queue.getJob(running.job.id)).toMatchObject({ state: 'running', payload: job.payload })
        await hand.settle(outcome.succeeded(running))
        await tick(universe)
        expect((await jobsOf(queue)).at(-1)).toMatchObject({ payload: 'new' })
      },
    )
    promise(
      'that is paused has no tick, and what falls into the pause is not made up for',
      async (universe) => {
        const { queue } = universe
        expect(await queue.pauseSchedule('hourly')).toBe(false)
        expect(await queue.resumeSchedule('hourly')).toBe(false)
        const { nextRunAt } = await queue.schedule(hourly)
        expect(await queue.resumeSchedule('hourly')).toBe(true)
        expect((await scheduleNamed(queue)).nextRunAt).toEqual(nextRunAt)
        expect(await queue.pauseSchedule('hourly')).toBe(true)
        expect(await queue.resumeSchedule('hourly')).toBe(true)
        expect(await scheduleNamed(queue)).toMatchObject({ nextRunAt, pausedAt: null }) // no tick fell into that pause
        expect(await queue.pauseSchedule('hourly')).toBe(true)
        const { pausedAt } = await scheduleNamed(queue)
        expect(pausedAt).toBeInstanceOf(Date)
        await universe.age(5.5 * AN_HOUR)
        expect(await queue.pauseSchedule('hourly')).toBe(true)
        await tick(universe)
        expect(await queue.resumeSchedule('hourly')).toBe(true)
        await tick(universe)
        expect(await scheduleNamed(queue)).toMatchObject({ pausedAt: null, lastRunAt: null })
        await universe.age(AN_HOUR / 2 + 1_000)
        await tick(universe)
        expect(await jobsOf(queue)).toHaveLength(1)
      },
    )
    promise('ends with unschedule, and the job that it has added goes on', async (universe) => {
      const { queue } = universe
      expect(await queue.unschedule('hourly')).toBe(false)
      await queue.schedule({ ...hourly, runImmediately: true })
      await queue.schedule({ ...hourly, key: 'other' })
      expect(await queue.unschedule('hourly')).toBe(true)
      expect(await queue.getSchedule('hourly')).toBeNull()
      expect(await queue.getSchedule('hourly', 'other')).not.toBeNull()
      await end(queue, 'succeeded')
      expect((await jobsOf(queue)).map(({ state }) => state)).toEqual(['succeeded'])
      await queue.deleteJobsOfType('work')
      expect(await queue.deleteFinishedJobs()).toBe(0)
    })
    promise('is there when its transaction commits, and never was if it does not', async (universe) => {
      const { queue } = universe
      const spec = { ...hourly, runImmediately: true }
      const failing = universe.transaction(async (db) => {
        await queue.schedule(spec, { db })
        expect(await queue.getSchedule('hourly')).toBeNull()
        throw new Error('no')
      })
      await expect(failing).rejects.toThrow('no')
      expect(await queue.getSchedule('hourly')).toBeNull()
      expect(await jobsOf(queue)).toEqual([])
      const { lastJobId } = await universe.transaction((db) => queue.schedule(spec, { db }))
      expect(await scheduleNamed(queue)).toMatchObject({ lastJobId })
      expect(await jobsOf(queue)).toMatchObject([{ id: lastJobId }])
    })
    promise(
      "syncSchedules makes an owner's schedules exactly these, and touches nobody else's",
      async (universe) => {
        const { queue } = universe
        await queue.schedule({ ...hourly, name: 'theirs' })
        const own = (name: string, more: object = {}) => ({ name, job, every: '1h', ...more }) as ScheduleSpec
        expect(await queue.syncSchedules('app', [own('a'), own('b')])).toEqual({
          added: 2,
          changed: 0,
          removed: 0,
        })
        const { nextRunAt } = await scheduleNamed(queue, 'a')
        await universe.age(60_000)
        expect(
          await queue.syncSchedules('app', [own('a'), own('b', { limit: 5 }), own('c', { key: 'k' })]),
        ).toEqual({
          ...{ added: 1, changed: 1, removed: 0 },
        })
        expect(hoursBetween((await scheduleNamed(queue, 'a')).nextRunAt, nextRunAt)).toBeLessThan(0.02)
        expect(await queue.syncSchedules('app', [own('b', { limit: 5 })])).toEqual({
          added: 0,
          changed: 0,
          removed: 2,
        })
        for (const [specs, reason] of [
          [[own('d'), own('theirs')], 'foreign_schedule'],
          [[own('d'), own('d')], 'duplicate_schedule'],
          [[own('d', { owner: 'somebody' })], 'conflicting_options'],
          [[own('d', { every: undefined, cron: 'x' })], 'invalid_cron'],
          ['d' as never, 'not_iterable'],
        ] as const)
          await expect(queue.syncSchedules('app', specs)).rejects.toMatchObject({ reason })
        const names = async (filter: object) =>
          (await queue.getSchedules(filter)).schedules.map(({ name }) => name)
        expect(await names({})).toEqual(['b', 'theirs'])
        expect(await names({ owner: 'app' })).toEqual(['b'])
        expect(await queue.syncSchedules('app', [])).toEqual({ added: 0, changed: 0, removed: 1 })
      },
    )
    promise('is found by name and owner, page by page, by name and key', async (universe) => {
      const { queue } = universe
      for (const name of ['b', 'Z', 'a'])
        for (const key of ['2', '']) await queue.schedule({ ...hourly, name, ...(key ? { key } : {}) })
      const seen: string[] = []
      let after: string | undefined
      do {
        const page = await queue.getSchedules({ limit: 4, after })
        seen.push(...page.schedules.map(({ name, key }) => name + key))
        after = page.next ?? undefined
      } while (after !== undefined)
      expect(seen).toEqual(['Z', 'Z2', 'a', 'a2', 'b', 'b2'])
      expect((await queue.getSchedules({ name: 'a' })).schedules).toHaveLength(2)
      await expect(queue.getSchedules({ after: 'garbage' })).rejects.toMatchObject({ reason: 'invalid_page' })
    })
    promise('gives back what was asked as it was asked', async (universe) => {
      const { queue } = universe
      const report = defineJob('report', {
        payload: schemaOf((input: { day: string }) => input),
        timeout: '2m',
      })
      const spec: ScheduleSpec = {
        ...{
          name: 'n',
          job: report.with({ day: 'ünï "quoted"' }, { priority: 3 }),
          cron: '0 8 * * MON',
          timeZone: 'Europe/Vienna',
        },
        misfire: 'all',
        ...{ noOverlap: false, limit: 7, startAt: new Date('2031-01-01'), owner: 'o' },
      }
      await queue.schedule(spec)
      expect((await scheduleNamed(queue, 'n')).spec).toEqual(spec)
    })
  })
}
