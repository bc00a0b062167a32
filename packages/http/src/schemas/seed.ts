import { z } from 'zod'
import { id, json, moment, named, page, time } from './fields.ts'

// The bodies of job-scheduler: names with underscores, four words for the state of a job, times by RFC 3339.

const seedStatus = z.enum(['pending', 'running', 'completed', 'failed'])

export const seedJobWritten = named(
  'PostedJob',
  z.strictObject({
    type: z.string(),
    payload: json.optional(),
    scheduled_at: moment.optional(),
    max_attempts: z.int().min(1).max(1_000_001).optional(),
    id: id.optional(),
    priority: z.number().optional(),
    unique_key: z.string().optional(),
    group_key: z.string().optional(),
  }),
)

export const seedJobAdded = named('PostedJobAnswer', z.object({ id, status: seedStatus }))

export const seedJob = named(
  'ScheduledJob',
  z.object({
    id,
    type: z.string(),
    payload: json,
    status: seedStatus,
    attempts: z.int(),
    max_attempts: z.int().nullable(),
    scheduled_at: time,
    started_at: time.nullable(),
    completed_at: time.nullable(),
    created_at: time,
    updated_at: time,
  }),
)

export const seedQuery = z.strictObject({ status: seedStatus.optional(), ...page })

export const seedStats = named(
  'StatusCounts',
  z.object({ completed: z.int(), failed: z.int(), pending: z.int(), running: z.int() }),
)
