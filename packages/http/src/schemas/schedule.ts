import { z } from 'zod'
import { id, json, moment, named, page, span, time } from './fields.ts'
import { jobWritten } from './job.ts'

const asked = {
  job: jobWritten,
  cron: z.string().optional(),
  every: span.optional(),
  rule: z.string().optional(),
  timeZone: z.string().optional(),
  misfire: z.enum(['skip', 'once', 'all']).optional(),
  noOverlap: z.boolean().optional(),
  limit: z.number().optional(),
  startAt: moment.optional(),
  runAfter: span.optional(),
  runImmediately: z.boolean().optional(),
}

/** Its name stands in the path, its key in the query. */
export const scheduleWritten = named(
  'NewSchedule',
  z.strictObject({ ...asked, owner: z.string().optional() }),
)

export const schedulesWritten = named(
  'SchedulesOfOwner',
  z.strictObject({
    owner: z.string(),
    schedules: z.array(z.strictObject({ name: z.string(), key: z.string().optional(), ...asked })).max(1_000),
  }),
)

export const byName = z.strictObject({ name: z.string() })
export const keyQuery = z.strictObject({ key: z.string().optional() })
export const scheduleQuery = z.strictObject({
  name: z.string().optional(),
  owner: z.string().optional(),
  ...page,
})

export const schedule = named(
  'Schedule',
  z.object({
    name: z.string(),
    key: z.string(),
    spec: z.record(z.string(), json),
    nextRunAt: time.nullable(),
    lastRunAt: time.nullable(),
    lastSuccessAt: time.nullable(),
    lastFailureAt: time.nullable(),
    lastJobId: id.nullable(),
    consecutiveFailures: z.int(),
    successCount: z.int(),
    pausedAt: time.nullable(),
  }),
)

export const schedulePage = named(
  'SchedulePage',
  z.object({ schedules: z.array(schedule), next: z.string().nullable() }),
)
