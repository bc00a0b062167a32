import { describe, expect } from 'vitest'
import { until } from '../until.ts'
import { Hand, outcome } from './hand.ts'
import { AN_HOUR, end, FIRST, hourly, job, jobsOf, planned, scheduleNamed, tick } from './hourly.ts'
import { inUniverse } from './in-universe.ts'
import type { BigBang, Universe } from './universe.ts'

export function scheduleRunsConform(bigBang: BigBang): void {
  const promise = (what: string, body: (universe: Universe) => Promise<void>) =>
    inUniverse(bigBang, what, body)

  describe('a schedule', () => {
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
      await queue.work.runTicks((await queue.work.dueSchedules([], FIRST)).map(planned))
      await tick(universe)
      expect(await jobsOf(queue)).toMatchObject([{ state: 'succeeded' }])
      expect(await scheduleNamed(queue)).toMatchObject({ nextRunAt: null, successCount: 1 })
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
    promise('counts every success of a run that is reset, whoever has looked meanwhile', async (universe) => {
      const { queue } = universe
      const { lastJobId } = await queue.schedule({ ...hourly, runImmediately: true })
      for (const how of ['succeeded', 'succeeded', 'failed', 'failed'] as const) {
        await end(queue, how)
        if (how === 'failed') await tick(universe)
        expect(await universe.broken()).toEqual([])
        await queue.resetJob(lastJobId as string)
        expect(await universe.broken()).toEqual([])
      }
      await tick(universe)
      expect(await scheduleNamed(queue)).toMatchObject({ successCount: 2, consecutiveFailures: 2 })
    })
    promise('counts nothing that ended before it was there', async (universe) => {
      const { queue } = universe
      for (let time = 0; time < 2; time++) {
        await queue.schedule({ ...hourly, runImmediately: true })
        await end(queue, 'succeeded')
        await queue.unschedule('hourly')
      }
      await queue.schedule(hourly)
      await tick(universe)
      expect(await scheduleNamed(queue)).toMatchObject({ successCount: 0 })
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
