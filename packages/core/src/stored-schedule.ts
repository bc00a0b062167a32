import { durationMs } from './duration.ts'
import type { JobDesc } from './job-definition.ts'
import type { Schedule, ScheduleSpec } from './schedule.ts'
import type { ScheduleTimes } from './schedule-times.ts'

/** A schedule as it is stored: what was asked without the payload, and how it fares. */
export interface StoredSchedule extends Omit<Schedule, 'spec'> {
  readonly spec: Omit<ScheduleSpec, 'job' | 'startAt'> & {
    readonly job: Omit<JobDesc, 'payload'>
    readonly startAt?: string
  }
  readonly payload: unknown
}

export function scheduleOf({ spec, payload, ...rest }: StoredSchedule): Schedule {
  const { startAt, job, ...asked } = spec
  const start = startAt === undefined ? {} : { startAt: new Date(startAt) }
  return { ...rest, spec: { ...asked, ...start, job: { ...job, payload } as JobDesc } }
}

/** How the schedule of a spec that was checked before finds its times. */
export function timesOfSpec({ cron, timeZone, every, rule }: Readonly<ScheduleSpec>): ScheduleTimes {
  return {
    cron: cron ?? null,
    timeZone: timeZone ?? null,
    everyMs: every === undefined ? null : durationMs(every, 'every'),
    rule: rule ?? null,
  }
}
