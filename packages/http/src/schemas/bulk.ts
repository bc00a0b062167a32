import { z } from 'zod'
import { id, named, span } from './fields.ts'
import { jobFilter } from './job.ts'

const filter = z
  .strictObject(jobFilter)
  .refine((given) => Object.values(given).some((value) => value !== undefined), {
    error: 'names nothing, and would mean every job. Give at least one key, or ids.',
  })

/** Which jobs a batch is made of: those that are named, or a page of those that a filter finds. */
const which = {
  ids: z.array(id).min(1).max(1_000).optional(),
  filter: filter.optional(),
  limit: z.int().min(1).max(1_000).optional(),
  after: z.string().optional(),
}

const isOneOf = [
  (given: { ids?: unknown; filter?: unknown; limit?: unknown; after?: unknown }) =>
    given.ids === undefined
      ? given.filter !== undefined
      : given.filter === undefined && given.limit === undefined && given.after === undefined,
  { error: 'Give either ids, or a filter and perhaps limit and after.' },
] as const

export const batch = named('Batch', z.strictObject(which).refine(...isOneOf))

export const resetBatch = named(
  'ResetBatch',
  z.strictObject({ ...which, ifRunning: z.enum(['refuse', 'cancel']).optional() }).refine(...isOneOf),
)

export const batchAnswer = named(
  'BatchAnswer',
  z.object({
    matched: z.int(),
    done: z.int(),
    requested: z.int(),
    skipped: z.array(z.object({ id, reason: z.string() })),
    more: z.boolean(),
    next: z.string().nullable(),
  }),
)

/** What is deleted at one go, whatever its number. */
export const deletion = named(
  'Deletion',
  z.discriminatedUnion('what', [
    z.strictObject({ what: z.literal('finishedJobs'), olderThan: span.optional() }),
    z.strictObject({ what: z.literal('jobsFromOrigin'), origin: z.string() }),
    z.strictObject({ what: z.literal('jobsOfType'), type: z.string() }),
    z.strictObject({ what: z.literal('jobBundlesFromOrigin'), origin: z.string() }),
    z.strictObject({ what: z.literal('jobBundlesOfType'), type: z.string() }),
  ]),
)

export const deleted = named('Deleted', z.object({ deleted: z.int() }))
