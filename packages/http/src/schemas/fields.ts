import type { Duration } from '@jq/core'
import { z } from 'zod'

/** The names under which OpenAPI lists what stands in several places. */
export const schemaNames = z.registry<{ id: string }>()

/** Gives a schema its name in OpenAPI. */
export function named<S extends z.ZodType>(id: string, schema: S): S {
  schemaNames.add(schema, { id })
  return schema
}

export const emptyQuery = z.strictObject({})
export const emptyBody = z.strictObject({}).optional()

/** Any UUID. */
export const id = z.guid('is no UUID')
export const byId = z.strictObject({ id })

/** RFC 3339, as it comes in. */
export const moment = z.iso
  .datetime({ offset: true, error: 'is no time by RFC 3339, as 2026-03-01T08:00:00Z' })
  .transform((text) => new Date(text))

/** As it goes out. */
export const time = z.iso.datetime()

/** Milliseconds, or a number and a unit. What is none, the service refuses with more to say. */
export const span = named(
  'Duration',
  z.union([z.number(), z.string()]).meta({
    description: "Milliseconds, or a number and a unit: '250ms', '10s', '5m', '1h', '7d'",
  }),
) as z.ZodType as z.ZodType<Duration>

export const page = {
  limit: z.coerce.number('is no number').int().min(1).max(1_000).optional(),
  after: z.string().optional(),
}

export const json = z.unknown()

export const problem = named(
  'Problem',
  z.object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    code: z.string(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
)
