import type { Hand } from '@jq/testing/conformance'
import { expect } from 'vitest'
import { tick } from '../../../testing/src/conformance/hourly.ts'
import type { Acts, Walk } from './act.ts'
import { pass } from './pass.ts'
import { AN_HOUR } from './queue-model.ts'
import { resume } from './schedule-model.ts'
import { workerActs } from './worker-acts.ts'

/** So few that each is met by all. */
export const SCHEDULES = ['one', 'other']
const MISFIRES = ['once', 'all', 'skip'] as const

/** What is asked of schedules, and their ticks. The numbers choose among what there is. */
export const scheduleActs: Acts = {
  async schedule(walk, [which = 0, how = 0, when = 0]) {
    const { model, universe, now } = walk
    const name = named(which)
    const before = model.schedules.get(name)
    const everyMs = when % 3 === 0 ? 2 * AN_HOUR : AN_HOUR
    const startAt = when % 4 === 1 ? new Date(now() - AN_HOUR / 2) : undefined
    const [misfire, noOverlap] = [MISFIRES[how % 3] ?? 'once', how % 4 !== 0]
    const isRunNow = how % 5 === 0
    const start = startAt === undefined ? {} : { startAt }
    const job = { type: 'work', payload: {} }
    const asking = now()
    const { nextRunAt, lastJobId } = await universe.queue.schedule({
      ...{ name, job, every: everyMs, misfire, noOverlap, runImmediately: isRunNow, ...start },
    })
    // The database says from when on it counts; and the same times never come later for being asked for again.
    const nextAt = nextRunAt?.getTime() ?? 0
    const planned = before?.everyMs === everyMs ? before.nextAt : Number.POSITIVE_INFINITY
    const [earliest, latest] =
      startAt === undefined ? [asking, now()] : [startAt.getTime(), startAt.getTime()]
    expect(nextAt).toBeGreaterThanOrEqual(Math.min(planned, earliest + everyMs))
    expect(nextAt).toBeLessThanOrEqual(Math.min(planned, latest + everyMs))
    const kept = before ?? { isPaused: false, lastJobId: null, successes: 0, consecutiveFailures: 0 }
    model.schedules.set(name, { ...kept, name, everyMs, misfire, noOverlap, nextAt })
    const added = await learnRuns(walk)
    expect(added.map(({ id }) => id)).toEqual(isRunNow && before === undefined ? [lastJobId] : [])
  },
  /** As two processes would do it at the same moment, often after an hour. */
  async tick(walk, [who = 0, hours = 0]) {
    const { model, universe, hands, now } = walk
    if (hours % 3 > 0) await pass(walk, AN_HOUR)
    await workerActs.look?.(walk, [who])
    const expected = model.tick(now())
    await tick(universe, {}, hands[who % hands.length] as Hand)
    const added = await learnRuns(walk)
    expect(added.map(({ name, at }) => `${name} at ${at}`).sort()).toEqual(
      expected.map(({ name, at }) => `${name} at ${at}`).sort(),
    )
    await expectCounts(walk)
  },
  async pauseSchedule({ model, universe }, [which = 0]) {
    const schedule = model.schedules.get(named(which))
    expect(await universe.queue.pauseSchedule(named(which))).toBe(schedule !== undefined)
    if (schedule !== undefined) schedule.isPaused = true
  },
  async resumeSchedule({ model, universe, now }, [which = 0]) {
    const schedule = model.schedules.get(named(which))
    expect(await universe.queue.resumeSchedule(named(which))).toBe(schedule !== undefined)
    if (schedule?.isPaused) resume(schedule, now())
  },
  async unschedule({ model, universe }, [which = 0]) {
    expect(await universe.queue.unschedule(named(which))).toBe(model.schedules.delete(named(which)))
  },
  async cancelSchedule({ model, universe }, [which = 0]) {
    const schedule = model.schedules.get(named(which))
    const answer = await universe.queue.cancelSchedule(named(which))
    const verdict = schedule?.lastJobId ? model.apply('cancelJob', schedule.lastJobId) : 'notFound'
    const isEnding = verdict === 'cancelled' || verdict === 'requested'
    expect(answer).toBe(schedule === undefined ? 'notFound' : isEnding ? verdict : 'notRunning')
  },
}

/** What has ended is counted when somebody looks, so that nobody can say before how far that is. */
async function expectCounts({ model, universe }: Walk): Promise<void> {
  const { schedules } = await universe.queue.getSchedules()
  expect(schedules.map((one) => [one.name, one.successCount, one.consecutiveFailures]).sort()).toEqual(
    [...model.schedules.values()].map((one) => [one.name, one.successes, one.consecutiveFailures]).sort(),
  )
}

function named(which: number): string {
  return SCHEDULES[which % SCHEDULES.length] as string
}

/** The jobs of ticks have ids that only the queue makes. @returns those that are new, in the order of adding */
async function learnRuns({ model, universe }: Walk): Promise<{ id: string; name: string; at: number }[]> {
  const { jobs } = await universe.queue.getJobs({ limit: 1_000 })
  const runs = jobs.toReversed().flatMap(({ id, scheduleName: name, startAt }) => {
    if (name === null || startAt === null || model.jobs.has(id)) return []
    return [{ id, name, at: startAt.getTime() }]
  })
  for (const { id, name } of runs) {
    const none = { uniqueKey: null, bundleId: null, afterBundleId: null }
    model.add({ id, type: 'work', priority: 0, scheduleName: name, ...none }, 0)
    const schedule = model.schedules.get(name)
    if (schedule !== undefined) schedule.lastJobId = id
  }
  return runs
}
