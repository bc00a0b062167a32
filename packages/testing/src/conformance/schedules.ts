import { defineJob, type JobQueue, type NextRun, type Schedule, type ScheduleSpec } from '@jq/core'
import { type DueSchedule, planTicks, type TickPlan, timesOf } from '@jq/core/internal'
import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { Hand, outcome } from './hand.ts'
import { inUniverse } from './in-universe.ts'
import { schemaOf } from './schema-of.ts'
import type { BigBang, Universe } from './universe.ts'

const AN_HOUR = 3_600_000

/** Never taken for dead, and its attempts never late. */
const SILENT = { heartbeatIntervalMs: 0, timeoutMs: 0 }

const job = { type: 'work', payload: { of: 'the hour' } }
const hourly = { name: 'hourly', job, every: '1h' } as const

/** Does what processes that run schedules do, until nothing is due: each plan as two of them would say it at the same moment. */
async function tick({ queue }: Universe, rules: Record<string, NextRun> = {}): Promise<void> {
  const hand = await Hand.join(queue, SILENT)
  for (let moved = 1; moved > 0; ) {
    await hand.look(undefined, Object.keys(rules)) // counts what has ended
    const due = await queue.work.dueSchedules(Object.keys(rules))
    const plans = due.map((one) =>
      planTicks(one, timesOf(one, one.planned ?? one.now) ?? (rules[one.rule as string] as NextRun)),
    )
    moved = (await Promise.all([queue.work.runTicks(plans), queue.work.runTicks(plans)])).reduce(
      (a, b) => a + b,
    )
  }
}

/** What follows of a schedule that goes by no rule. */
function planned(due: DueSchedule): TickPlan {
  return planTicks(due, timesOf(due, due.planned ?? due.now) as NextRun)
}

async function jobsOf(queue: JobQueue, filter: object = {}) {
  return (await queue.getJobs({ scheduleName: 'hourly', ...filter })).jobs.toReversed()
}

async function scheduleNamed(queue: JobQueue, name = 'hourly', key?: string): Promise<Schedule> {
  const schedule = await queue.getSchedule(name, key)
  if (schedule === null) throw new Error(`There is no schedule ${name}`)
  return schedule
}

function hoursBetween(a: Date | null, b: Date | null): number {
  return ((b?.getTime() ?? Number.NaN) - (a?.getTime() ?? Number.NaN)) / AN_HOUR
}

/** Runs the jobs that wait to such an end. */
async function end(queue: Universe['queue'], how: keyof typeof outcome): Promise<void> {
  const hand = await Hand.join(queue, SILENT)
  for (const claimed of await hand.claim(100)) await hand.settle(outcome[how](claimed))
}

export function schedulesConform(bigBang: BigBang): void {
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

    // S89
    promise(
      'cancelSchedule ends the run, and the schedule goes on; it says what it found',
      async (universe) => {
        const { queue } = universe
        expect(await queue.cancelSchedule('hourly')).toBe('notFound')
        await queue.schedule(hourly)
        expect(await queue.cancelSchedule('hourly')).toBe('notRunning')
        await universe.age(AN_HOUR)
        await tick(universe)
        expect(await queue.cancelSchedule('hourly')).toBe('cancelled')
        expect(await queue.cancelSchedule('hourly')).toBe('notRunning')
        await universe.age(AN_HOUR)
        await tick(universe)
        const hand = await Hand.join(queue)
        const running = await hand.claimOne()
        expect(await queue.cancelSchedule('hourly')).toBe('requested')
        expect(await hand.check(running)).toMatchObject([{ news: 'cancelled' }])
        await hand.settle(outcome.cancelled(running))
        await universe.age(AN_HOUR)
        await tick(universe)
        expect((await jobsOf(queue)).map(({ state }) => state)).toEqual([
          'cancelled',
          'cancelled',
          'available',
        ])
        expect(await scheduleNamed(queue)).toMatchObject({
          consecutiveFailures: 0,
          successCount: 0,
          lastFailureAt: null,
        })
      },
    )

    // S92
    promise(
      'gives each tick fresh retries, and counts the runs that failed since the last success',
      async (universe) => {
        const { queue } = universe
        await queue.schedule({ ...hourly, job: { ...job, maxRetryCount: 1 } })
        for (const failures of [1, 2]) {
          await universe.age(AN_HOUR)
          await tick(universe)
          for (let run = 0; run < 2; run++) await end(queue, 'failed')
          expect((await jobsOf(queue)).at(-1)).toMatchObject({
            state: 'failed',
            currentRetryCount: 1,
            attempt: 2,
          })
          expect(await scheduleNamed(queue)).toMatchObject({
            consecutiveFailures: failures,
            lastSuccessAt: null,
          })
        }
        await universe.age(AN_HOUR)
        await tick(universe)
        await end(queue, 'succeeded')
        const { consecutiveFailures, successCount, lastSuccessAt, lastFailureAt } = await scheduleNamed(queue)
        expect({ consecutiveFailures, successCount }).toEqual({ consecutiveFailures: 0, successCount: 1 })
        expect(lastSuccessAt).toBeInstanceOf(Date)
        expect(lastFailureAt).toBeInstanceOf(Date)
      },
    )

    promise(
      'ends after as many successful runs as its limit says, and not with failures',
      async (universe) => {
        const { queue } = universe
        await queue.schedule({ ...hourly, limit: 2, noOverlap: false })
        for (const how of ['succeeded', 'failed', 'succeeded'] as const) {
          await universe.age(AN_HOUR)
          await tick(universe)
          await end(queue, how)
        }
        expect(await scheduleNamed(queue)).toMatchObject({ nextRunAt: null, successCount: 2 })
        expect((await queue.schedule({ ...hourly, limit: 2 })).nextRunAt).toBeNull()
        await universe.age(5 * AN_HOUR)
        await tick(universe)
        expect(await jobsOf(queue)).toHaveLength(3)
        expect((await queue.schedule({ ...hourly, limit: 3 })).nextRunAt).not.toBeNull()
      },
    )

    promise('begins no run that could be one success more than its limit', async (universe) => {
      const { queue } = universe
      await queue.schedule({ ...hourly, limit: 2, noOverlap: false, misfire: 'all' })
      await universe.age(5.5 * AN_HOUR)
      await tick(universe)
      expect(await jobsOf(queue)).toHaveLength(2)
      await end(queue, 'failed')
      await tick(universe)
      expect(await jobsOf(queue)).toHaveLength(4)
    })

    promise('counts a success for its limit before any process has looked', async (universe) => {
      const { queue } = universe
      await queue.schedule({ ...hourly, limit: 1 })
      await universe.age(AN_HOUR)
      await tick(universe)
      await universe.age(AN_HOUR)
      await end(queue, 'succeeded')
      await queue.work.runTicks((await queue.work.dueSchedules([])).map(planned))
      await tick(universe)
      expect(await jobsOf(queue)).toMatchObject([{ state: 'succeeded' }])
      expect(await scheduleNamed(queue)).toMatchObject({ nextRunAt: null, successCount: 1 })
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

    promise('goes on when the job that it waits for is deleted, alone or with all', async (universe) => {
      const { queue } = universe
      await queue.schedule(hourly)
      const deletions = [
        async () => queue.deleteJob((await scheduleNamed(queue)).lastJobId as string),
        async () => queue.deleteAllJobsAndBundles(),
        async () => queue.deleteJobsFromOrigin('hourly'),
      ]
      for (const remove of deletions) {
        await universe.age(AN_HOUR)
        await tick(universe)
        const { lastJobId } = await scheduleNamed(queue)
        await universe.age(AN_HOUR)
        await tick(universe)
        expect((await scheduleNamed(queue)).lastJobId).toBe(lastJobId)
        await remove()
        await tick(universe)
        expect((await scheduleNamed(queue)).lastJobId).not.toBe(lastJobId)
        await end(queue, 'succeeded')
      }
    })

    promise('has no tick while a job of it runs again that was reset', async (universe) => {
      const { queue } = universe
      const { lastJobId } = await queue.schedule({ ...hourly, runImmediately: true })
      await end(queue, 'failed')
      await queue.resetJob(lastJobId as string)
      await universe.age(AN_HOUR)
      await tick(universe)
      expect(await jobsOf(queue)).toHaveLength(1)
      await end(queue, 'succeeded')
      await tick(universe)
      expect(await jobsOf(queue)).toHaveLength(2)
      expect(await scheduleNamed(queue)).toMatchObject({ successCount: 1, consecutiveFailures: 0 })
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

    promise('is named by what is told of its jobs', async (universe) => {
      const { queue } = universe
      const told: unknown[] = []
      await queue.addListener({
        onJobStatusChange: ({ scheduleName, scheduleKey, previous, current }) =>
          void told.push([scheduleName, scheduleKey, previous, current]),
      })
      await queue.schedule({ ...hourly, key: 'k', runImmediately: true })
      await end(queue, 'succeeded')
      await queue.addMany([job])
      await until('all is told', () => told.length === 4)
      expect(told).toEqual([
        ['hourly', 'k', null, 'available'],
        ['hourly', 'k', 'available', 'running'],
        ['hourly', 'k', 'running', 'succeeded'],
        [null, null, null, 'available'],
      ])
    })
  })
}
