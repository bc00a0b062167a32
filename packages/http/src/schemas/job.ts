import { jobStates } from '@jq/core/internal'
import { z } from 'zod'
import { id, json, moment, named, page, span, time } from './fields.ts'

const state = z.enum(jobStates)

/** What a job may be given. The numbers are checked closer by the service, with its reasons. */
const jobOptions = {
  id: id.optional(),
  origin: z.string().optional(),
  priority: z.number().optional(),
  startAt: moment.optional(),
  runAfter: span.optional(),
  maxRetryCount: z.number().optional(),
  maxTimeoutRetryCount: z.number().optional(),
  timeout: span.optional(),
  uniqueKey: z.string().optional(),
  groupKey: z.string().optional(),
}

export const jobWritten = named(
  'NewJob',
  z.strictObject({ type: z.string(), payload: json.optional(), ...jobOptions }),
)

export const added = named(
  'Added',
  z.object({ id, status: z.enum(['added', 'duplicate', 'ignored', 'ran']) }),
)

export const job = named(
  'Job',
  z.object({
    id,
    bundleId: id.nullable(),
    afterBundleId: id.nullable(),
    type: z.string(),
    state,
    payload: json,
    priority: z.int(),
    origin: z.string(),
    uniqueKey: z.string().nullable(),
    groupKey: z.string().nullable(),
    attempt: z.int(),
    maxRetryCount: z.int().nullable(),
    currentRetryCount: z.int(),
    maxTimeoutRetryCount: z.int().nullable(),
    timeoutMs: z.number().nullable(),
    currentTimeoutRetryCount: z.int(),
    crashCount: z.int(),
    startAt: time.nullable(),
    startedAt: time.nullable(),
    workerAliveAt: time.nullable(),
    stoppedAt: time.nullable(),
    cancelRequestedAt: time.nullable(),
    workerId: id.nullable(),
    scheduleName: z.string().nullable(),
    scheduleKey: z.string().nullable(),
    progress: json,
    errorMsg: z.string().nullable(),
    errorData: json,
    result: json,
    createdAt: time,
    updatedAt: time,
  }),
)

export const jobPage = named('JobPage', z.object({ jobs: z.array(job), next: z.string().nullable() }))

export const jobAttempt = named(
  'JobAttempt',
  z.object({
    attempt: z.int(),
    workerId: id,
    startedAt: time,
    endedAt: time,
    outcome: z.enum(['failed', 'timedOut', 'crashed', 'cancelled', 'released', 'snoozed']),
    errorMsg: z.string().nullable(),
    errorData: json,
  }),
)

export const logPage = named(
  'LogPage',
  z.object({
    lines: z.array(
      z.object({
        attempt: z.int(),
        at: time,
        level: z.enum(['debug', 'info', 'warn', 'error']),
        message: z.string().nullable(),
        fields: json,
      }),
    ),
    next: z.string().nullable(),
  }),
)

/** How a run fares, without what it works on. */
export const runState = named(
  'RunState',
  z.object({
    id,
    state,
    isStopped: z.boolean(),
    attempt: z.int(),
    progress: json,
    errorMsg: z.string().nullable(),
    result: json,
  }),
)

/** Which jobs are meant. */
export const jobFilter = {
  state: z.array(state).optional(),
  type: z.string().optional(),
  origin: z.string().optional(),
  bundleId: id.optional(),
  uniqueKey: z.string().optional(),
  groupKey: z.string().optional(),
  scheduleName: z.string().optional(),
  scheduleKey: z.string().optional(),
}

export const jobQuery = z.strictObject({ ...jobFilter, ...page })
