import { z } from 'zod'
import { id, moment, named, time } from './fields.ts'
import { added, jobWritten } from './job.ts'

export const bundleWritten = named(
  'NewBundle',
  z.strictObject({
    id: id.optional(),
    type: z.string(),
    origin: z.string(),
    jobs: z.array(jobWritten).default([]),
    startAt: moment.optional(),
    whenStopped: z.array(jobWritten).optional(),
    open: z.boolean().optional(),
    deleteOnSuccess: z.boolean().optional(),
  }),
)

export const bundleAdded = named('AddedBundle', z.object({ id, jobs: z.array(added) }))

export const bundleState = named(
  'BundleState',
  z.object({
    id,
    type: z.string(),
    origin: z.string(),
    numJobs: z.int(),
    numJobsStopped: z.int(),
    numJobsFailed: z.int(),
    epoch: z.int(),
    progress: z
      .number()
      .min(0)
      .max(1)
      .meta({ description: 'The part of its jobs that has stopped, from 0 to 1' }),
    isStopped: z.boolean(),
    createdAt: time,
    updatedAt: time,
    stoppedAt: time.nullable(),
  }),
)
