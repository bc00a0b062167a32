import { jobStates } from '@jq/core/internal'
import { z } from 'zod'
import { id, named, span, time } from './fields.ts'

export const limitWritten = named(
  'Limit',
  z.strictObject({
    concurrency: z.number().optional(),
    rate: z.strictObject({ count: z.number(), per: span }).optional(),
    perGroup: z.boolean().optional(),
  }),
)

export const byType = z.strictObject({ type: z.string() })

export const jobType = named(
  'JobType',
  z.object({
    type: z.string(),
    waiting: z.int(),
    running: z.int(),
    oldestWaitingAgeMs: z.number(),
    pausedAt: time.nullable(),
    limit: limitWritten.nullable(),
    workers: z.int(),
  }),
)

export const worker = named(
  'Worker',
  z.object({
    id,
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    jobTypes: z.array(z.string()),
    threads: z.int(),
    running: z.int(),
    startedAt: time,
    workerAliveAt: time.nullable(),
    stoppedAt: time.nullable(),
    stats: z.object({
      succeeded: z.int(),
      failed: z.int(),
      timedOut: z.int(),
      cancelled: z.int(),
      released: z.int(),
    }),
  }),
)

export const stats = named('Stats', z.record(z.enum(jobStates), z.int()))
export const status = named('Status', z.object({ numJobs: z.int(), numJobBundles: z.int() }))

export const health = named(
  'Health',
  z.object({
    status: z.enum(['ok', 'degraded', 'down']),
    database: z.enum(['ok', 'down']),
    listen: z.enum(['ok', 'degraded', 'off']),
    oldestWaitingAge: z.number(),
    reasons: z.array(z.string()),
  }),
)

export const readiness = named(
  'Readiness',
  z.object({
    status: z.enum(['ok', 'degraded', 'down', 'draining']),
    reasons: z.array(z.string()).optional(),
  }),
)

export const scale = named(
  'Scale',
  z.object({ waiting: z.int(), oldestWaitingAgeSeconds: z.number(), desired: z.int() }),
)
