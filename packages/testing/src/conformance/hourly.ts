import type { JobQueue, NextRun, Schedule } from '@jq/core'
import { type DueSchedule, planTicks, type TickPlan, timesOf } from '@jq/core/internal'
import { Hand, outcome } from './hand.ts'
import type { Universe } from './universe.ts'

export const AN_HOUR = 3_600_000

/** Never taken for dead, and its attempts never late. */
export const SILENT = { heartbeatIntervalMs: 0, timeoutMs: 0 }

export const FIRST = { after: null, limit: 100 }

export const job = { type: 'work', payload: { of: 'the hour' } }
export const hourly = { name: 'hourly', job, every: '1h' } as const

/**
 * Does what processes that run schedules do, until nothing is due: each plan as two of them would say it at the same moment.
 *
 * @param looker - who looks first and so counts what has ended; without it, one of its own
 */
export async function tick(
  { queue }: Universe,
  rules: Record<string, NextRun> = {},
  looker?: Hand,
): Promise<void> {
  const hand = looker ?? (await Hand.join(queue, SILENT))
  for (let moved = 1; moved > 0; ) {
    await hand.look(undefined, Object.keys(rules)) // counts what has ended
    const due = await queue.work.dueSchedules(Object.keys(rules), FIRST)
    const plans = due.map((one) =>
      planTicks(one, timesOf(one, one.planned ?? one.now) ?? (rules[one.rule as string] as NextRun)),
    )
    moved = (await Promise.all([queue.work.runTicks(plans), queue.work.runTicks(plans)])).reduce(
      (a, b) => a + b,
    )
  }
}

/** What follows of a schedule that goes by no rule. */
export function planned(due: DueSchedule): TickPlan {
  return planTicks(due, timesOf(due, due.planned ?? due.now) as NextRun)
}

export async function jobsOf(queue: JobQueue, filter: object = {}) {
  return (await queue.getJobs({ scheduleName: 'hourly', ...filter })).jobs.toReversed()
}

export async function scheduleNamed(queue: JobQueue, name = 'hourly', key?: string): Promise<Schedule> {
  const schedule = await queue.getSchedule(name, key)
  if (schedule === null) throw new Error(`There is no schedule ${name}`)
  return schedule
}

export function hoursBetween(a: Date | null, b: Date | null): number {
  return ((b?.getTime() ?? Number.NaN) - (a?.getTime() ?? Number.NaN)) / AN_HOUR
}

/** Runs the jobs that wait to such an end. */
export async function end(queue: Universe['queue'], how: keyof typeof outcome): Promise<void> {
  const hand = await Hand.join(queue, SILENT)
  for (const claimed of await hand.claim(100)) await hand.settle(outcome[how](claimed))
}
